"""Tokens of a real authority: which are taken, by whom, and that not a byte of one is free."""

import contextlib
import hashlib
import http.server
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import requests
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pyhanko.sign.ades.qualified_asn1 import QcStatements

from orchestrator.errors import EvidenceError
from reports.signing.authority import Authority, AuthorityError
from reports.signing.revocation import Revocation
from reports.signing.timestamps import (
    QUALIFIED_TIME_STAMP,
    STATEMENTS,
    TimeStamp,
    examine,
    imprint_of,
    offline,
    read_response,
    read_time_stamp,
    write_response,
)
from reports.signing.worth import is_qualified_time
from tests.integration.reports.workshop import Workshop

CONTENT = b"what is time-stamped"


@pytest.fixture(scope="module")
def known(workshop: Workshop) -> Revocation:
    """What the authority's issuer says about revocation."""
    answered = requests.get(f"{workshop.pki.url}/time/crls/root/latest.crl", timeout=60)
    return Revocation(crls=(answered.content,))


def ask(workshop: Workshop, authority: Authority, known: Revocation) -> TimeStamp:
    return authority.stamp(CONTENT, find=offline(roots=authority.roots, revocation=known))


@pytest.fixture(scope="module")
def stamp(workshop: Workshop, known: Revocation) -> TimeStamp:
    return ask(workshop, workshop.authority(), known)


def read(token: bytes, workshop: Workshop, known: Revocation, *, over: bytes = CONTENT) -> TimeStamp:
    return read_time_stamp(token, digested=over, roots=workshop.time_roots, revocation=known)


def test_a_token_says_when_and_who(stamp: TimeStamp, workshop: Workshop, known: Revocation) -> None:
    again = read(stamp.token, workshop, known)

    assert again == stamp
    assert stamp.authority == "Horloge tsa"
    assert [one.subject for one in stamp.path][-1] == workshop.time_roots[0].subject
    assert stamp.at.tzinfo is not None


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("expired", "had expired"),
        ("revoked", "was revoked"),
        ("purpose", "not made for this purpose"),
        ("uncritical", "not made for this purpose"),
        ("also-mail", "not made for this purpose"),
    ],
)
def test_an_authority_that_may_not_is_not_believed(
    label: str, reason: str, workshop: Workshop, known: Revocation
) -> None:
    with pytest.raises(AuthorityError, match=reason):
        ask(workshop, workshop.authority(label=label), known)


def test_an_authority_that_nobody_knows_is_not_believed(workshop: Workshop, known: Revocation) -> None:
    with pytest.raises(AuthorityError, match="not issued by anybody who is trusted"):
        ask(workshop, workshop.authority("nobody", roots="time"), known)


def test_whether_it_was_revoked_must_be_known(workshop: Workshop) -> None:
    with pytest.raises(AuthorityError, match="nothing here says whether it was revoked"):
        ask(workshop, workshop.authority(), Revocation())


def test_a_policy_that_was_not_asked_for_is_not_taken(workshop: Workshop, known: Revocation) -> None:
    with pytest.raises(AuthorityError, match=r"its policy is .*, not 1\.2\.3"):
        ask(workshop, replace(workshop.authority(), policy="1.2.3"), known)


def test_a_token_of_other_bytes_is_not_taken(stamp: TimeStamp, workshop: Workshop, known: Revocation) -> None:
    with pytest.raises(EvidenceError, match="over other bytes"):
        read(stamp.token, workshop, known, over=CONTENT + b"!")


def _issued_again(stamp: TimeStamp, workshop: Workshop, change: Callable[[tsp.TSTInfo], None]) -> bytes:
    """What the authority itself would have signed, had it said something else: it is its own key that signs here."""
    token = cms.ContentInfo.load(stamp.token)
    signed = token["content"]
    said = tsp.TSTInfo.load(signed["encap_content_info"]["content"].contents)
    change(said)
    content = core.ParsableOctetString(said.dump(force=True))
    signed["encap_content_info"] = {"content_type": "tst_info", "content": content}
    (signer,) = signed["signer_infos"]
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            name = signer["digest_algorithm"]["algorithm"].native
            attribute["values"] = [hashlib.new(name, said.dump()).digest()]
    covered = signer["signed_attrs"].untag().dump(force=True)
    key = load_pem_private_key(workshop.pki.key("time", "tsa").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    digest = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}[signer["digest_algorithm"]["algorithm"].native]
    signer["signature"] = key.sign(covered, ec.ECDSA(digest))
    return bytes(token.dump(force=True))


def _examined(token: bytes, workshop: Workshop, known: Revocation) -> TimeStamp:
    return examine(token, imprint=imprint_of(CONTENT), find=offline(roots=workshop.time_roots, revocation=known))


@pytest.mark.parametrize(
    ("statement", "qualified"), [(None, False), (QUALIFIED_TIME_STAMP, True), ("0.4.0.19422.1.2", False)]
)
def test_a_token_may_call_itself_qualified(
    statement: str | None, qualified: bool, stamp: TimeStamp, workshop: Workshop, known: Revocation
) -> None:
    """ETSI EN 319 422: in the token itself, whatever the certificate of the authority states."""

    def state(said: tsp.TSTInfo) -> None:
        if statement is not None:
            value = QcStatements([{"statement_id": statement}]).dump()
            said["extensions"] = [{"extn_id": STATEMENTS, "extn_value": value}]

    found = _examined(_issued_again(stamp, workshop, state), workshop, known)

    assert found.calls_itself_qualified is qualified
    assert is_qualified_time(found) is qualified


def test_a_token_over_sha1_is_not_taken(stamp: TimeStamp, workshop: Workshop, known: Revocation) -> None:
    def weaken(said: tsp.TSTInfo) -> None:
        said["message_imprint"] = {
            "hash_algorithm": {"algorithm": "sha1"},
            "hashed_message": hashlib.sha1(CONTENT, usedforsecurity=False).digest(),
        }

    with pytest.raises(EvidenceError, match="the digest sha1 is not used here"):
        _examined(_issued_again(stamp, workshop, weaken), workshop, known)


def test_no_byte_of_a_token_is_free(stamp: TimeStamp, workshop: Workshop, known: Revocation) -> None:
    free = []
    for position in range(len(stamp.token)):
        changed = bytearray(stamp.token)
        changed[position] ^= 1
        try:
            read(bytes(changed), workshop, known)
        except EvidenceError:
            continue
        free.append(position)

    assert free == []


@pytest.mark.parametrize("content", [b"", b"0", b"\x30\x03\x02\x01\x00", b"\x30\x80" + b"\x30\x80" * 400, b"A" * 4000])
def test_what_is_no_token_is_an_answer_and_not_a_traceback(
    content: bytes, workshop: Workshop, known: Revocation
) -> None:
    with pytest.raises(EvidenceError, match="time-stamp"):
        read(content, workshop, known)
    with pytest.raises(EvidenceError, match="time-stamp"):
        read_response(content)


def test_an_answer_is_kept_in_one_form(stamp: TimeStamp) -> None:
    response = write_response(stamp.token)

    assert read_response(response) == stamp.token
    with pytest.raises(EvidenceError):
        read_response(response + b"\x00")
    # `granted` written in two bytes: another encoding of the same status.
    with pytest.raises(EvidenceError):
        read_response(response.replace(b"\x30\x03\x02\x01\x00", b"\x30\x04\x02\x02\x00\x00", 1))


def test_an_authority_that_is_away(workshop: Workshop, known: Revocation) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"

        with pytest.raises(AuthorityError, match="it cannot be reached"):
            ask(workshop, replace(workshop.authority(), url=url), known)


def test_an_authority_that_says_nothing_is_not_waited_for(workshop: Workshop, known: Revocation) -> None:
    """It accepts the connection, and never answers: the socket is listening, and nobody takes from it."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        authority = replace(workshop.authority(), url=f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout_s=0.2)

        with pytest.raises(AuthorityError, match=r"no time-stamp|no answer"):
            ask(workshop, authority, known)


@contextlib.contextmanager
def always_answering(body: bytes, *, kind: str = "application/timestamp-reply", endless: bool = False) -> Iterator[str]:
    """An authority that says the same to everybody; `endless`: that never stops saying it. Its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)
                while endless:
                    self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


def test_a_token_that_was_recorded_and_is_played_again(stamp: TimeStamp, workshop: Workshop, known: Revocation) -> None:
    """It is good, over these very bytes; but it answers another question, perhaps of years ago."""
    with (
        always_answering(write_response(stamp.token)) as url,
        pytest.raises(AuthorityError, match="no time-stamp"),
    ):
        ask(workshop, replace(workshop.authority(), url=url), known)


@pytest.mark.parametrize(
    ("body", "kind", "endless", "reason"),
    [
        (b"<html>", "text/html", False, "not a time-stamp response"),
        (b"<html>", "application/timestamp-reply", False, "no token that can be read"),
        (b"", "application/timestamp-reply", False, "no token that can be read"),
        (b"\x30\x05\x30\x03\x02\x01\x02", "application/timestamp-reply", False, "no token that can be read"),
        (b"x" * 65536, "application/timestamp-reply", True, "the answer is too long"),
    ],
    ids=["a page", "a page in disguise", "nothing", "a refusal", "without end"],
)
def test_an_answer_that_is_something_else(
    body: bytes, kind: str, endless: bool, reason: str, workshop: Workshop, known: Revocation
) -> None:
    with always_answering(body, kind=kind, endless=endless) as url, pytest.raises(AuthorityError, match=reason):
        ask(workshop, replace(workshop.authority(), url=url), known)


def test_an_address_where_there_is_nothing(workshop: Workshop, known: Revocation) -> None:
    with pytest.raises(AuthorityError, match="HTTP status 404"):
        ask(workshop, replace(workshop.authority(), url=workshop.pki.tsa("time", "nowhere")), known)
