"""A witness signs what continues what he saw, remembers it first, and names what does not."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.errors import EvidenceError
from orchestrator.testing import FakeClock
from orchestrator.testing.clock import STARTED_AT
from reports.register.audit import audit_register
from reports.register.checkpoint import Cosignature
from reports.register.entries import RegisterEvent
from reports.register.log import RegisterLog
from reports.register.note import SignatureType, VerifierKey
from reports.register.witness import Submission, Witness, build_submission, keep_cosigned, parse_submission
from reports.signers import KeySigner
from tests.integration.register.conftest import ORIGIN, Book, sealed, started, whole_run

SECRET = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
NAME = "witness.example/audit"
KEY = VerifierKey(NAME, SECRET.public_key(), SignatureType.COSIGNATURE)


@pytest.fixture
def witness(book: Book, tmp_path: Path) -> Witness:
    return Witness(name=NAME, signer=KeySigner(SECRET), keys=[book.key], memory=tmp_path / "memory", clock=FakeClock())


def sent(log: RegisterLog, earlier: int) -> Submission:
    """As it is sent: through a file."""
    return parse_submission(build_submission(log, earlier=earlier).content)


def written_again(book: Book, events: Sequence[RegisterEvent]) -> RegisterLog:
    """What its keeper makes of the register who writes it again and signs it with its key."""
    other = Book(book.path.with_name("again"), book.secret)
    shutil.rmtree(other.path, ignore_errors=True)
    log = other.open()
    for event in events:
        log.append([event])
    return log


def test_he_signs_what_continues_what_he_saw(book: Book, witness: Witness) -> None:
    log = book.filled(1)
    first = witness.cosign(sent(log, 0))
    log.append(whole_run("run-1"))
    second = witness.cosign(sent(log, 3))
    assert first.cosignatures([KEY]) == second.cosignatures([KEY]) == (Cosignature(NAME, STARTED_AT),)
    assert (first.size, second.size) == (3, 6)
    assert witness.seen(ORIGIN) == second
    assert witness.cosign(sent(log, 6)).size == 6


def test_what_he_signed_is_kept_in_the_register_and_counts(book: Book, witness: Witness) -> None:
    log = book.filled(1)
    cosigned = witness.cosign(sent(log, 0))
    log.append([started("run-1")])
    keep_cosigned(log, cosigned.content, keys=[book.key])
    keep_cosigned(log, cosigned.content, keys=[book.key])
    audit = audit_register(book.path, keys=[book.key], witnesses=[KEY])
    assert (audit.valid, audit.cosigned) == (True, ((3, Cosignature(NAME, STARTED_AT)),))
    assert log.directory.note(3).read_bytes() != cosigned.content


def test_two_witnesses_stand_side_by_side(book: Book, witness: Witness, tmp_path: Path) -> None:
    log = book.filled(1)
    secret = Ed25519PrivateKey.generate()
    other = Witness(name="w2", signer=KeySigner(secret), keys=[book.key], memory=tmp_path / "m2", clock=FakeClock())
    for one in (witness, other):
        kept = keep_cosigned(log, one.cosign(sent(log, 0)).content, keys=[book.key])
    both = [KEY, VerifierKey("w2", secret.public_key(), SignatureType.COSIGNATURE)]
    assert [cosignature.witness for cosignature in kept.cosignatures(both)] == [NAME, "w2"]


def test_what_another_register_signed_is_not_kept(book: Book, witness: Witness) -> None:
    log = book.filled(1)
    again = written_again(book, [sealed("a"), sealed("b"), sealed("c")])
    for size in (3, 4):
        with pytest.raises(EvidenceError, match=r"not the same checkpoint|no checkpoint was kept"):
            keep_cosigned(log, witness.cosign(sent(again, 0 if size == 3 else 3)).content, keys=[book.key])
        again.append([sealed("d")])


class TestRefusals:
    """And what speaks against the register stays with him."""

    def refuses(self, witness: Witness, submission: Submission, words: str) -> EvidenceError:
        before = witness.seen(ORIGIN)
        with pytest.raises(EvidenceError, match=words) as caught:
            witness.cosign(submission)
        assert witness.seen(ORIGIN) == before
        return caught.value

    @pytest.fixture
    def known(self, book: Book, witness: Witness) -> RegisterLog:
        log = book.filled(2)
        witness.cosign(sent(log, 0))
        return log

    def test_a_fork_of_the_same_size(self, book: Book, witness: Witness, known: RegisterLog) -> None:
        again = written_again(book, [sealed(f"x-{number}") for number in range(6)])
        error = self.refuses(witness, sent(again, 6), "forked: two registers of 6 entries were signed with its key")
        (proof,) = witness.memory.glob("*.refused-*.note")
        assert proof.read_bytes() == again.checkpoint.content
        assert str(proof) in (error.hint or "")

    def test_a_fork_that_grew(self, book: Book, witness: Witness, known: RegisterLog) -> None:
        events = [entry.event for entry in known.entries()]
        again = written_again(book, [*events[:4], sealed("x"), *events[5:], sealed("y"), sealed("z")])
        self.refuses(witness, sent(again, 6), "forked: it does not continue the 6 entries seen here")
        assert len(list(witness.memory.glob("*.refused-000000000008.note"))) == 1

    def test_a_rollback(self, book: Book, witness: Witness, known: RegisterLog) -> None:
        again = written_again(book, [entry.event for entry in known.entries()[:4]])
        self.refuses(witness, sent(again, 4), "rolled back: 6 entries were seen, and 4 are offered")

    def test_a_proof_from_another_size(self, witness: Witness, known: RegisterLog) -> None:
        known.append([started("run-9")])
        error = self.refuses(witness, sent(known, 4), "the proof begins at 4 entries, and 6 were seen here")
        assert error.hint == "make it with --from 6"

    def test_a_wrong_proof(self, witness: Witness, known: RegisterLog) -> None:
        known.append([started("run-9")])
        right = sent(known, 6)
        for path in (right.path[:-1], (*right.path, b"0" * 32), (b"0" * 32, *right.path[1:]), (b"short",)):
            wrong = Submission(earlier=6, path=path, note=right.note)
            self.refuses(witness, wrong, "it does not continue the 6 entries")

    def test_a_foreign_key(self, witness: Witness, known: RegisterLog, tmp_path: Path) -> None:
        foreign = Book(tmp_path / "foreign", Ed25519PrivateKey.generate()).filled(3)
        self.refuses(witness, sent(foreign, 6), "no key that is trusted here signed it")

    def test_a_proof_of_what_he_never_saw(self, book: Book, witness: Witness) -> None:
        self.refuses(witness, sent(book.filled(2), 3), "it was never seen here")

    def test_a_memory_that_was_altered(self, witness: Witness, known: RegisterLog) -> None:
        (file,) = witness.memory.glob("*.note")
        file.write_bytes(file.read_bytes().replace(b"\n6\n", b"\n5\n"))
        with pytest.raises(EvidenceError, match="what was seen before cannot be read"):
            witness.cosign(sent(known, 6))


@pytest.mark.parametrize(
    "content",
    [b"", b"old 3\n", b"old 03\n\nx", b"old -1\n\nx", b"new 3\n\nx", b"old 3\n!!\n\nx", b"old 3\n\xff\n\nx"],
)
def test_what_is_no_submission_is_refused(content: bytes) -> None:
    with pytest.raises(EvidenceError, match="nothing that a witness can be sent"):
        parse_submission(content)


def test_a_submission_has_the_form_of_the_standard(book: Book) -> None:
    log = book.filled(1)
    text = build_submission(log, earlier=2).content.decode()
    head, _, note = text.partition("\n\n")
    assert head.split("\n")[0] == "old 2"
    assert [len(line) for line in head.split("\n")[1:]] == [44] * len(log.consistency(2))
    assert note.encode() == log.checkpoint.content
