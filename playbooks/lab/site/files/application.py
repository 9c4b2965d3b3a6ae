"""The application of the staging site: shows the record of a patient to one of the staff. Nobody in it exists.

Arguments: address, port. Beside it lie `settings.json` and `pgpass`, its password for the database. A page needs all
three stores, at the moment at which it is asked for: the directory lets the person in, the database has the record, and
the document comes from the tree. Nothing is kept from one page to the next.
"""

import base64
import binascii
import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATIENCE_S = 2
WRONG_PASSWORD = 49  # What an LDAP server answers to it (RFC 4511, invalidCredentials).
RECORD = """
SELECT json_build_object(
    'stays', (SELECT count(*) FROM stays WHERE patient_id = p.id),
    'results', (SELECT count(*) FROM results r JOIN stays s ON s.id = r.stay_id WHERE s.patient_id = p.id),
    'record_sha256', encode(sha256(convert_to((SELECT string_agg(r::text, ';' ORDER BY r.id)
        FROM results r JOIN stays s ON s.id = r.stay_id WHERE s.patient_id = p.id) || p::text, 'UTF8')), 'hex')
) FROM patients p WHERE p.id = :number;
"""
NOTICES = "SELECT json_build_object('notices', count(*)) FROM application.notices;"


class RefusedError(Exception):
    """No page can be shown; `status` says to whoever asked why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Application(BaseHTTPRequestHandler):
    """Three pages: `/health`, that it runs; `/records/<number>`; and `/notices`, how many there are."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """One of the pages; what is wrong with one of the stores is said as a status."""
        try:
            status, said = 200, self._page()
        except RefusedError as refused:
            status, said = refused.status, {"state": "refused"}
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Basic")
        self.end_headers()
        self.wfile.write(body)

    def _page(self) -> dict[str, object]:
        if self.path == "/health":
            return {"service": "application", "state": "ok"}
        asked = re.fullmatch(r"/notices|/records/(\d{1,15})", self.path)
        if asked is None:
            raise RefusedError(404)
        settings = json.loads((HERE / "settings.json").read_bytes())
        let_in(self.headers.get("Authorization", ""), settings["directory"])
        if asked[1] is None:
            return {"state": "ok", **row_of(NOTICES, database=settings["database"])}
        number = int(asked[1])
        record = row_of(RECORD, database=settings["database"], number=number)
        document = document_of(number, settings["documents"])
        return {"state": "ok", **record, "document_sha256": hashlib.sha256(document).hexdigest()}

    def log_message(self, *_: object) -> None:
        """Nobody reads a line for each of a hundred thousand questions."""


def let_in(told: str, directory: dict[str, Any]) -> None:
    """The directory knows the person by this password, and has the person's entry."""
    try:
        name, _, password = base64.b64decode(told.removeprefix("Basic "), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        name, password = "", ""
    if not re.fullmatch(r"[a-z0-9]{1,32}", name) or not password:
        raise RefusedError(401)
    entry = f"uid={name},{directory['people']}"
    for place in directory["places"]:
        # The password on standard input: what stands among the arguments is there for every process to read.
        command = [directory["command"], "-x", "-LLL", "-o", f"nettimeout={PATIENCE_S}", "-H", place, "-D", entry]
        done = _run([*command, "-y", "/dev/stdin", "-b", entry, "-s", "base", "uid"], told=password)
        if done is not None and done.returncode == WRONG_PASSWORD:
            raise RefusedError(401)
        if done is not None and done.returncode == 0 and f"uid: {name}" in done.stdout.splitlines():
            return
    raise RefusedError(503)


def row_of(statement: str, *, database: dict[str, Any], number: int = 0) -> dict[str, object]:
    """What the database answers: counts and digests, which nobody can take for health data."""
    done = _run([database["command"], "-XAtq", "-d", database["place"], "-v", f"number={number}"], told=statement)
    if done is None or done.returncode != 0:
        raise RefusedError(503)
    if not done.stdout.strip():
        raise RefusedError(404)
    row: dict[str, object] = json.loads(done.stdout)
    return row


def document_of(number: int, documents: dict[str, Any]) -> bytes:
    """A document of the patient, from whichever host has the tree."""
    path = documents["of_patient"].format(number=number)
    for place in documents["places"]:
        try:
            # The settings name web servers, and no file.
            with urllib.request.urlopen(f"{place}/{path}", timeout=PATIENCE_S) as found:  # noqa: S310
                return bytes(found.read())
        except (urllib.error.URLError, OSError):
            continue
    raise RefusedError(503)


def _run(command: list[str], *, told: str) -> "subprocess.CompletedProcess[str] | None":
    """A client that ends in time, or None."""
    environment = {**os.environ, "PGPASSFILE": str(HERE / "pgpass")}
    try:
        return subprocess.run(
            command, input=told, capture_output=True, text=True, timeout=PATIENCE_S, env=environment, check=False
        )
    except (subprocess.TimeoutExpired, OSError):
        return None


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Application).serve_forever()
