"""The time-stamps of a register's checkpoints, from a real authority: good, away, forged, replayed, of nobody known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509 import Certificate

from orchestrator.adapters.system import SystemClock
from orchestrator.app.authorities import CheckpointStamper
from reports.register.audit import audit_register
from reports.register.checkpoint import origin_of
from reports.register.directory import RegisterDirectory
from reports.register.entries import DrillPlanned
from reports.register.findings import Audit, FaultCode
from reports.register.log import RegisterLog, Stamp
from reports.signers import KeySigner
from reports.signing.authority import Authority
from tests.integration.reports.workshop import Workshop

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
AWAY = "http://127.0.0.1:1/"
"""Nothing listens on this port: it is reserved, and needs root."""


def asking(book: "Book", authority: Authority) -> Stamp:
    return CheckpointStamper(authority, directory=RegisterDirectory(book.path))


class Book:
    """A register with its key, filled by one entry after the other."""

    def __init__(self, path: Path) -> None:
        self.path, self._secret = path, Ed25519PrivateKey.generate()

    @property
    def key(self) -> Ed25519PublicKey:
        return self._secret.public_key()

    def open(self, *, stamp: Stamp | None) -> RegisterLog:
        signer = KeySigner(self._secret)
        return RegisterLog(self.path, origin=origin_of("demo"), signer=signer, clock=SystemClock(), stamp=stamp)

    def enter(self, count: int, *, stamp: Stamp | None) -> RegisterLog:
        log = self.open(stamp=stamp)
        for _ in range(count):
            due_at = BEGIN + timedelta(days=log.checkpoint.size)
            log.append([DrillPlanned(drill="restore", system="dpi", perimeters=(5,), due_at=due_at)])
        return log

    def audit(self, *authorities: Certificate) -> Audit:
        return audit_register(self.path, keys=[self.key], authorities=authorities)

    def token(self, size: int) -> Path:
        return self.path / "checkpoints" / f"{size:012}.tsr"


def codes(audit: Audit) -> list[tuple[str, str]]:
    return [(finding.code.value, finding.subject) for finding in audit.findings if finding.code.startswith("time")]


@pytest.fixture
def stamped(workshop: Workshop, tmp_path: Path) -> Book:
    """Three entries, each with a checkpoint that is time-stamped."""
    book = Book(tmp_path / "register")
    book.enter(3, stamp=asking(book, workshop.authority()))
    return book


def test_every_checkpoint_is_dated_by_who_is_trusted(stamped: Book, workshop: Workshop) -> None:
    audit = stamped.audit(*workshop.time_roots)
    assert audit.valid
    assert (audit.stamped, [one.size for one in audit.dated], codes(audit)) == (3, [1, 2, 3], [])
    assert [one.at for one in audit.dated] == sorted(one.at for one in audit.dated)


def test_with_no_authority_named_nothing_is_dated_and_that_is_said(stamped: Book) -> None:
    audit = stamped.audit()
    assert (audit.valid, audit.dated, codes(audit)) == (True, (), [("time-stamp-unasked", "time-stamps")])


def test_an_authority_that_is_away_is_asked_once_and_everything_is_stamped_later(
    workshop: Workshop, tmp_path: Path
) -> None:
    book, asked = Book(tmp_path / "register"), []
    away = asking(book, replace(workshop.authority(), url=AWAY))

    def counted(content: bytes) -> bytes:
        asked.append(content)
        return away(content)

    book.enter(3, stamp=counted)

    assert len(asked) == 1
    audit = book.audit(*workshop.time_roots)
    assert (audit.valid, audit.stamped, codes(audit)) == (True, 0, [("time-stamp-pending", "time-stamps")])
    assert book.open(stamp=asking(book, workshop.authority())).stamp_pending() == 3
    assert [one.size for one in book.audit(*workshop.time_roots).dated] == [1, 2, 3]


def _flip(token: Path) -> None:
    content = bytearray(token.read_bytes())
    content[len(content) // 2] ^= 1
    token.write_bytes(content)


DAMAGE: dict[str, Callable[[Book], object]] = {
    "a byte": lambda book: _flip(book.token(2)),
    "replayed from an earlier checkpoint": lambda book: book.token(2).write_bytes(book.token(1).read_bytes()),
    "cut": lambda book: book.token(2).write_bytes(book.token(2).read_bytes()[:-1]),
    "longer": lambda book: book.token(2).write_bytes(book.token(2).read_bytes() + b"\0"),
    "empty": lambda book: book.token(2).write_bytes(b""),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_token_that_is_not_over_its_checkpoint_is_named(stamped: Book, workshop: Workshop, what: str) -> None:
    DAMAGE[what](stamped)
    audit = stamped.audit(*workshop.time_roots)
    assert not audit.valid
    assert codes(audit) == [("time-stamp-invalid", "checkpoints/000000000002.tsr")]
    assert [one.size for one in audit.dated] == [1, 3]


def test_a_token_over_no_checkpoint_is_named(stamped: Book, workshop: Workshop) -> None:
    stamped.token(2).rename(stamped.token(7))
    audit = stamped.audit(*workshop.time_roots)
    assert not audit.valid
    assert codes(audit) == [
        ("time-stamp-invalid", "checkpoints/000000000007.tsr"),
        ("time-stamp-pending", "time-stamps"),
    ]


def test_a_checkpoint_without_a_token_is_told_and_not_held_against_it(stamped: Book, workshop: Workshop) -> None:
    stamped.token(3).unlink()
    audit = stamped.audit(*workshop.time_roots)
    assert (audit.valid, codes(audit)) == (True, [("time-stamp-pending", "time-stamps")])


def test_time_by_somebody_who_is_not_trusted_is_no_time(workshop: Workshop, tmp_path: Path) -> None:
    book = Book(tmp_path / "register")
    book.enter(1, stamp=asking(book, workshop.authority("seals")))
    audit = book.audit(*workshop.time_roots)
    assert (audit.valid, audit.dated) == (False, ())
    assert codes(audit) == [("time-stamp-invalid", "checkpoints/000000000001.tsr")]


@pytest.mark.parametrize("label", ["expired", "purpose"])
def test_an_authority_with_a_bad_certificate_is_never_kept(workshop: Workshop, tmp_path: Path, label: str) -> None:
    book = Book(tmp_path / "register")
    book.enter(1, stamp=asking(book, workshop.authority(label=label)))
    audit = book.audit(*workshop.time_roots)
    assert (audit.stamped, codes(audit)) == (0, [(FaultCode.TIME_STAMP_PENDING, "time-stamps")])


def test_without_what_the_issuer_said_of_the_authority_its_time_proves_nothing(
    stamped: Book, workshop: Workshop
) -> None:
    for file in (stamped.path / "revocation").iterdir():
        file.unlink()
    audit = stamped.audit(*workshop.time_roots)
    assert (audit.valid, audit.dated) == (False, ())
    assert "whether it was revoked" in audit.failures[0].detail


def test_an_authority_whose_certificate_was_revoked_is_never_kept(workshop: Workshop, tmp_path: Path) -> None:
    book = Book(tmp_path / "register")
    book.enter(1, stamp=asking(book, workshop.authority(label="revoked")))
    assert book.audit(*workshop.time_roots).stamped == 0
