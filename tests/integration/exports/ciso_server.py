"""A real HTTP server that answers as CISO Assistant does, for the part of its API that evidence goes through.

No instance of CISO Assistant can be installed here. Routes, rights, upload, limits and the list of extensions are those
of its source at commit f990d7b (2026-08-08, tag v3.9.2); the forms of answers are those of its serializers and of its
own tests of this API. The traps are there: an evidence is made with an empty first revision; an upload on an *evidence*
replaces the file of its last revision; a PATCH replaces a whole list; file names are changed; only some kinds of file
are let in, up to a size; lists come in pages; a relation that the user may not see has no identifier; an audit can be
locked. What it cannot show is whether the source was read rightly.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

TOKEN = "b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184"
LARGEST_PAGE = 2
"""However many are asked for: so that a client that reads one page only is found out."""
EXTENSIONS = {"pdf", "json", "zip", "xml", "txt", "csv", "xlsx"}
Json = dict[str, Any]


@dataclass
class Revision:
    """A revision of an evidence."""

    id: UUID
    evidence: UUID
    version: int
    observation: str | None = None
    file_name: str | None = None
    content: bytes | None = None


@dataclass
class State:
    """What the server holds, and how it behaves."""

    folders: set[UUID] = field(default_factory=lambda: {uuid4(), uuid4()})
    evidences: dict[UUID, Json] = field(default_factory=dict)
    revisions: dict[UUID, Revision] = field(default_factory=dict)
    linked: dict[str, list[UUID]] = field(default_factory=dict)
    """`requirement-assessments/<id>` or `applied-controls/<id>`, and its evidences."""
    locked: set[str] = field(default_factory=set)
    hidden: set[UUID] = field(default_factory=set)
    largest_bytes: int = 50 * 1024 * 1024
    keeps_digests: bool = True
    corrupts: bool = False
    forgets_links: bool = False
    may_write: bool = True
    redirects_to: str | None = None
    page: bytes | None = None
    """Answered to everything: what a web server in front would say."""
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def folder(self) -> UUID:
        """The first folder."""
        return min(self.folders)

    def add_evidence(self, *, folder: UUID, name: str, description: str = "") -> UUID:
        """An evidence, with the empty revision that the real one makes too."""
        made = uuid4()
        self.evidences[made] = {"id": made, "name": name, "folder": folder, "description": description}
        self.add_revision(made)
        return made

    def add_revision(self, evidence: UUID, observation: str | None = None) -> Revision:
        """The next version of an evidence."""
        version = 1 + max((one.version for one in self.of(evidence)), default=0)
        made = Revision(id=uuid4(), evidence=evidence, version=version, observation=observation)
        self.revisions[made.id] = made
        return made

    def of(self, evidence: UUID) -> list[Revision]:
        """The revisions of an evidence, the oldest first."""
        return sorted((one for one in self.revisions.values() if one.evidence == evidence), key=lambda one: one.version)


class AnswerError(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, document: object) -> None:
        super().__init__(status)
        self.status, self.document = status, document


@contextmanager
def serving(state: State) -> Iterator[str]:
    """The server at work on a port of its own; its address. It is gone when the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(state: State) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            target = urlsplit(self.path)
            state.requests.append((self.command, target.path))
            try:
                self._send(*_route(self, state, path=target.path, query=parse_qs(target.query), body=body))
            except AnswerError as refused:
                self._send(refused.status, json.dumps(refused.document, default=str).encode())

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _answer  # noqa: N815  the base class wants these names

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            if state.redirects_to:
                self.send_header("Location", state.redirects_to)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name in the base class
            """Nothing: tests look at `state.requests`."""

    return Handler


def _route(
    request: BaseHTTPRequestHandler, state: State, *, path: str, query: dict[str, list[str]], body: bytes
) -> tuple[int, bytes]:
    if state.redirects_to:
        return 302, b""
    if state.page is not None:
        return 200, state.page
    if request.headers.get("Authorization") != f"Token {TOKEN}":
        raise AnswerError(401, {"detail": "Invalid token."})
    if request.command != "GET" and not state.may_write:
        raise AnswerError(403, {"detail": "You do not have permission to perform this action."})
    for (method, pattern), act in _ROUTES.items():
        if method == request.command and (match := re.fullmatch(pattern, path)):
            return act(state, _Asked(match=match, query=query, body=body, headers=dict(request.headers)))
    raise AnswerError(404, {"detail": "Not found."})


@dataclass
class _Asked:
    match: re.Match[str]
    query: dict[str, list[str]]
    body: bytes
    headers: dict[str, str]

    @property
    def document(self) -> Json:
        loaded: Json = json.loads(self.body)
        return loaded

    @property
    def id(self) -> UUID:
        return UUID(self.match["id"])

    def first(self, name: str) -> str | None:
        return next(iter(self.query.get(name, [])), None)


def _json(status: int, document: object) -> tuple[int, bytes]:
    return status, json.dumps(document, default=str).encode()


def _page(asked: _Asked, items: list[Json]) -> tuple[int, bytes]:
    limit, offset = int(asked.first("limit") or LARGEST_PAGE), int(asked.first("offset") or 0)
    shown = items[offset : offset + min(limit, LARGEST_PAGE)]
    # The address of the next page is one that a proxy made wrong: nobody may follow it.
    document = {"count": len(items), "next": "http://127.0.0.9/stolen", "previous": None, "results": shown}
    return _json(200, document)


def _read_evidence(evidence: Json) -> Json:
    return {**evidence, "folder": {"str": "folder", "id": evidence["folder"]}, "status": "draft"}


def _read_revision(state: State, revision: Revision) -> Json:
    content = revision.content
    digest = hashlib.sha256(content).hexdigest() if content is not None and state.keeps_digests else None
    return {
        "id": revision.id,
        "evidence": {"str": "evidence", "id": revision.evidence},
        "version": revision.version,
        "observation": revision.observation,
        "attachment": revision.file_name,
        "attachment_hash": digest,
        "size": f"{len(content or b'')} B",
    }


def _list_evidences(state: State, asked: _Asked) -> tuple[int, bytes]:
    folder, search = asked.first("folder"), (asked.first("search") or "").lower().split()
    found = [
        _read_evidence(one)
        for one in state.evidences.values()
        if folder in (None, str(one["folder"])) and all(word in one["name"].lower() for word in search)
    ]
    return _page(asked, found)


def _make_evidence(state: State, asked: _Asked) -> tuple[int, bytes]:
    document = asked.document
    folder, name = UUID(document["folder"]), document["name"]
    if folder not in state.folders:
        raise AnswerError(400, {"folder": ["Invalid pk - object does not exist."]})
    if any(one["name"] == name and one["folder"] == folder for one in state.evidences.values()):
        raise AnswerError(400, {"name": ["nameAlreadyUsed"]})
    made = state.add_evidence(folder=folder, name=name, description=document.get("description", ""))
    return _json(201, {**state.evidences[made], "attachment": None, "link": None})


def _list_revisions(state: State, asked: _Asked) -> tuple[int, bytes]:
    wanted = asked.first("evidence")
    found = [_read_revision(state, one) for one in state.revisions.values() if wanted in (None, str(one.evidence))]
    return _page(asked, found)


def _make_revision(state: State, asked: _Asked) -> tuple[int, bytes]:
    document = asked.document
    evidence = UUID(document["evidence"])
    if evidence not in state.evidences:
        raise AnswerError(400, {"evidence": ["Invalid pk - object does not exist."]})
    made = state.add_revision(evidence, document.get("observation"))
    return _json(201, {"id": made.id, "evidence": evidence, "version": made.version, "attachment": None})


def _get_revision(state: State, asked: _Asked) -> tuple[int, bytes]:
    return _json(200, _read_revision(state, _known(state.revisions, asked.id)))


def _upload_to_revision(state: State, asked: _Asked) -> tuple[int, bytes]:
    return _store(state, _known(state.revisions, asked.id), asked)


def _upload_to_evidence(state: State, asked: _Asked) -> tuple[int, bytes]:
    """The trap: what the last revision held is gone."""
    _known(state.evidences, asked.id)
    return _store(state, state.of(asked.id)[-1], asked)


def _store(state: State, revision: Revision, asked: _Asked) -> tuple[int, bytes]:
    named = re.fullmatch(r'attachment; filename="([^"]+)"', asked.headers.get("Content-Disposition", ""))
    if named is None:
        raise AnswerError(400, {"detail": "Missing filename. Request should include a Content-Disposition header."})
    stem, _, extension = named[1].rpartition(".")
    if extension.lower() not in EXTENSIONS:
        raise AnswerError(400, {"attachment": ["File extension not allowed"]})
    if len(asked.body) > state.largest_bytes:
        raise AnswerError(400, {"attachment": ["File size exceeds the limit"]})
    revision.file_name = f"{re.sub(r'[^a-z0-9]+', '-', stem.lower())}_{uuid4().hex[:7]}.{extension}"
    revision.content = asked.body[:-1] if state.corrupts else asked.body
    return 200, b""


def _download(state: State, asked: _Asked) -> tuple[int, bytes]:
    content = _known(state.revisions, asked.id).content
    if content is None:
        raise AnswerError(404, {"detail": "Not found."})
    return 200, content


def _read_linked(state: State, asked: _Asked) -> tuple[int, bytes]:
    found = [
        {"str": "???", "id": None} if one in state.hidden else {"str": "evidence", "id": one}
        for one in _known(state.linked, asked.match["key"])
    ]
    return _json(200, {"id": asked.id, "name": "A.8.13", "evidences": found, "applied_controls": []})


def _write_linked(state: State, asked: _Asked) -> tuple[int, bytes]:
    key = asked.match["key"]
    _known(state.linked, key)
    if key in state.locked:
        raise AnswerError(400, {"non_field_errors": ["⚠️ Cannot modify the requirement when the audit is locked."]})
    wanted = [UUID(one) for one in asked.document["evidences"]]
    if not state.forgets_links:
        state.linked[key] = wanted
    return _json(200, {"id": asked.id, "evidences": wanted})


def _known(objects: dict[Any, Any], key: Any) -> Any:
    if key not in objects:
        raise AnswerError(404, {"detail": "Not found."})
    return objects[key]


_ID = r"(?P<id>[0-9a-f-]{36})"
_KEY = rf"/api/(?P<key>(?:requirement-assessments|applied-controls)/{_ID})/"
_ROUTES: dict[tuple[str, str], Callable[[State, _Asked], tuple[int, bytes]]] = {
    ("GET", r"/api/evidences/"): _list_evidences,
    ("POST", r"/api/evidences/"): _make_evidence,
    ("POST", rf"/api/evidences/{_ID}/upload/"): _upload_to_evidence,
    ("GET", r"/api/evidence-revisions/"): _list_revisions,
    ("POST", r"/api/evidence-revisions/"): _make_revision,
    ("GET", rf"/api/evidence-revisions/{_ID}/"): _get_revision,
    ("POST", rf"/api/evidence-revisions/{_ID}/upload/"): _upload_to_revision,
    ("GET", rf"/api/evidence-revisions/{_ID}/attachment/"): _download,
    ("GET", _KEY): _read_linked,
    ("PATCH", _KEY): _write_linked,
}
