"""The register's part of the stand-alone verifier: RFC 6962 proofs and signed notes, of data made here.

The tree is made by the RFC's own definition and checked against its published root; of `reports.register`, only the
type of the entries is used.
"""

import base64
import hashlib
import runpy
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.core.model import Language
from orchestrator.errors import ExitCode
from reports.envelope import build_statement, sign_statement
from reports.evidence import Evidence, parse_evidence
from reports.layout import ATTESTATION, EVIDENCE, REPORT_PDF, read_directory, sources
from reports.pdf import seal_pdf
from reports.register.entries import GENESIS, DrillEnded, DrillPlanned, DrillStarted, Ending, RegisterEntry
from reports.render import draw_report
from tests.integration.reports.bare import VERIFIER, Bare
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run

VERIFIER_NAMES: dict[str, Any] = runpy.run_path(str(VERIFIER))
NOW = datetime(2026, 11, 23, 1, 59, tzinfo=UTC)
LEAVES = tuple(map(bytes.fromhex, ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")))
LEAVES += (bytes.fromhex("606162636465666768696a6b6c6d6e6f"),)
ROOT_OF_EIGHT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
"""The leaves and the root that Certificate Transparency's own tests publish for RFC 6962."""


def _split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def _root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = _split(len(leaves))
    return hashlib.sha256(b"\1" + _root(leaves[:k]) + _root(leaves[k:])).digest()


def _path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*_path(index, leaves[:k]), _root(leaves[k:])]
    return [*_path(index - k, leaves[k:]), _root(leaves[:k])]


def _included(entry: bytes, index: int, hashes: Sequence[bytes], *, size: int, root: bytes) -> bool:
    checkpoint = VERIFIER_NAMES["Checkpoint"]("example", size, root)
    included: bool = VERIFIER_NAMES["is_included"](entry, index=index, hashes_up=hashes, checkpoint=checkpoint)
    return included


def test_the_tree_of_these_tests_has_the_published_root() -> None:
    assert _root(LEAVES).hex() == ROOT_OF_EIGHT


@pytest.mark.parametrize("size", [*range(1, 20), 33, 64, 65])
def test_every_entry_is_where_its_proof_says_and_nowhere_else(size: int) -> None:
    leaves = [b"%d" % number for number in range(size)]
    root = _root(leaves)

    for index, leaf in enumerate(leaves):
        proof = _path(index, leaves)
        assert _included(leaf, index, proof, size=size, root=root)
        assert not _included(b"other", index, proof, size=size, root=root)
        assert not _included(leaf, index, [*proof, root], size=size, root=root)
        assert not _included(leaf, index, proof, size=size, root=bytes(32))
        assert not _included(leaf, size + index, proof, size=size, root=root)
        if proof:
            assert not _included(leaf, index, proof[:-1], size=size, root=root)
            assert not _included(leaf, index, [bytes(32), *proof[1:]], size=size, root=root)
            assert not _included(leaf, index ^ 1, proof, size=size, root=root)


def test_a_signed_note_that_others_published() -> None:
    """The example of golang.org/x/mod/sumdb/note."""
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    raw = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    key, is_signed = Ed25519PublicKey.from_public_bytes(raw[1:]), VERIFIER_NAMES["is_note_signed"]
    note = f"{text}\n\u2014 PeterNeumann {signature}\n"

    assert is_signed(note, key)
    assert not is_signed(note.replace("answer", "Answer"), key)
    assert not is_signed(note.replace("PeterNeumann", "PeterNeuman"), key)
    assert not is_signed(note, Ed25519PrivateKey.generate().public_key())


class Register:
    """A register of some entries, with a key: what the evidence carries of it."""

    def __init__(self, evidence: Evidence) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.entries: list[RegisterEntry] = []
        common: dict[str, Any] = {"drill": "postgresql-restore", "system": "dpi", "perimeters": (5,)}
        planned = DrillPlanned(**common, due_at=NOW)
        pins: dict[str, Any] = {"run_id": evidence.run_id, "plan_sha256": evidence.plan_sha256}
        for event in (
            planned,
            planned,
            DrillStarted(**common, **pins, kind="backup-restore", targets=("target",), requester="example"),
            planned,
            DrillEnded(
                **pins,
                ending=Ending.PASSED,
                verdict=evidence.judgement.verdict,
                exit_code=ExitCode.PASSED,
                journal_length=evidence.journal.length,
                journal_head=evidence.journal.head,
                journal_sha256=evidence.journal.sha256,
            ),
        ):
            prev = self.entries[-1].digest if self.entries else GENESIS
            self.entries.append(RegisterEntry(seq=len(self.entries), prev=prev, at=NOW, event=event))

    def proof(self, index: int) -> dict[str, Any]:
        """An entry with its inclusion proof."""
        path = _path(index, [entry.line for entry in self.entries])
        hashes = [node.hex() for node in path]
        return {"entry": self.entries[index].model_dump(mode="json"), "hashes": hashes}

    def checkpoint(self, *, key: Ed25519PrivateKey | None = None) -> str:
        """The signed note of the whole register."""
        leaves, signing = [entry.line for entry in self.entries], key or self.key
        name = "example.invalid/register"
        body = f"{name}\n{len(leaves)}\n{base64.b64encode(_root(leaves)).decode()}\n"
        raw = signing.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        identifier = hashlib.sha256(name.encode() + b"\n\x01" + raw).digest()[:4]
        return f"{body}\n\u2014 {name} {base64.b64encode(identifier + signing.sign(body.encode())).decode()}\n"

    def part(self) -> dict[str, Any]:
        """`evidence.registration`."""
        return {"started": self.proof(2), "ended": self.proof(4), "checkpoint": self.checkpoint(), "timestamp": None}


def _write_key(key: Ed25519PrivateKey, place: Path) -> Path:
    """The public key, for those who verify."""
    pem, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    place.write_bytes(key.public_key().public_bytes(pem, form))
    return place


def _seal_with(run: Path, part: object, seal: Seal) -> Path:
    """A whole sealed run whose evidence carries this part, as sealing will make it."""
    evidence = parse_evidence((run / EVIDENCE).read_bytes())
    carrying = rfc8785.dumps(evidence.model_dump(mode="json") | {"registration": part})
    files = {name: content for name, content in read_directory(run).items() if name != ATTESTATION}
    files[EVIDENCE] = carrying
    drawn = draw_report(evidence, files={**sources(files), EVIDENCE: carrying})
    files[REPORT_PDF] = seal_pdf(drawn, signer=seal.signer, certificate=seal.certificate, reason="test")
    files[ATTESTATION] = sign_statement(build_statement(evidence, files=files), signer=seal.signer)
    for name, content in files.items():
        (run / name).write_bytes(content)
    return run


@pytest.fixture(scope="module")
def registered(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Register]:
    """A sealed run that carries its register's part. Only to be read."""
    run = write_run(tmp_path_factory.mktemp("registered") / "run", story=Story.PASSED)
    own_seal.seal(run, language=Language.ENGLISH)
    register = Register(parse_evidence((run / EVIDENCE).read_bytes()))
    return _seal_with(run, register.part(), own_seal), register


def test_a_run_in_the_register(registered: tuple[Path, Register], bare: Bare, own_seal: Seal, tmp_path: Path) -> None:
    run, register = registered
    key = _write_key(register.key, tmp_path / "register.pub.pem")
    another = _write_key(Ed25519PrivateKey.generate(), tmp_path / "other.pub.pem")
    trusted = ["--certificate", own_seal.certificate_path, "--json"]

    with_key, without, with_another = bare.ask(
        [run, *trusted, "--register-key", key], [run, *trusted], [run, *trusted, "--register-key", another]
    )

    assert (with_key.code, with_key.failures) == (0, set())
    statuses = {c["subject"]: c["status"] for c in with_key.document["checks"] if c["check"] == "register"}
    assert statuses == {"its proof": "ok", "its checkpoint": "ok"}
    assert without.code == 0
    assert {"check": "register", "subject": "its checkpoint", "status": "noted"}.items() <= _register(without)[
        1
    ].items()
    assert (with_another.code, with_another.failures) == (5, {("register", "its checkpoint")})


def test_a_run_that_is_in_no_register(sealed_once: Path, bare: Bare, own_seal: Seal, tmp_path: Path) -> None:
    key = _write_key(Ed25519PrivateKey.generate(), tmp_path / "register.pub.pem")
    trusted = ["--certificate", own_seal.certificate_path, "--register-key", key, "--json"]

    refused, accepted = bare.ask([sealed_once, *trusted], [sealed_once, *trusted, "--without-register"])

    assert (refused.code, refused.failures) == (5, {("register", EVIDENCE)})
    assert (accepted.code, accepted.failures) == (0, set())


def _register(said: Any) -> list[dict[str, str]]:
    return [check for check in said.document["checks"] if check["check"] == "register"]


def _changed(name: str, change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    return lambda part: change(part[name])


def _of_another_run(proof: dict[str, Any]) -> None:
    proof["entry"]["event"]["run_id"] += "x"


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a number": _changed("started", lambda proof: proof["entry"].update(seq=1)),
    "a negative number": _changed("started", lambda proof: proof["entry"].update(seq=-1)),
    "a hash that is none": _changed("ended", lambda proof: proof["hashes"].append("x")),
    "a hash": _changed("ended", lambda proof: proof["hashes"].__setitem__(0, "00" * 32)),
    "a hash less": _changed("ended", lambda proof: proof["hashes"].pop()),
    "a verdict": _changed("ended", lambda proof: proof["entry"]["event"].update(verdict="failed")),
    "another run": _changed("started", _of_another_run),
    "no end": lambda part: part.update(ended=None),
    "the end for the start": lambda part: part.update(started=part["ended"]),
    "another root": lambda part: part.update(checkpoint=part["checkpoint"].replace("\n5\n", "\n6\n")),
    "no signature": lambda part: part.update(checkpoint=part["checkpoint"].partition("\n\n")[0] + "\n"),
    "not a note": lambda part: part.update(checkpoint="register"),
    "a field less": lambda part: part.pop("timestamp"),
    "a field more": lambda part: part.update(approved=True),
}


def _document(content: bytes) -> dict[str, Any]:
    """The evidence as plain JSON."""
    document: dict[str, Any] = VERIFIER_NAMES["parse_json"](content, EVIDENCE)
    return document


def test_every_change_of_the_part_is_found(
    registered: tuple[Path, Register], bare: Bare, own_seal: Seal, tmp_path: Path
) -> None:
    run, register = registered
    key = _write_key(register.key, tmp_path / "register.pub.pem")
    evidence, places = (run / EVIDENCE).read_bytes(), []
    for number, change in enumerate(CHANGES.values()):
        part = register.part()
        change(part)
        place = tmp_path / str(number)
        shutil.copytree(run, place)
        document = _document(evidence) | {"registration": part}
        (place / EVIDENCE).write_bytes(rfc8785.dumps(document))
        places.append(place)

    said = bare.ask(*([p, "--certificate", own_seal.certificate_path, "--register-key", key, "--json"] for p in places))

    for name, answer in zip(CHANGES, said, strict=True):
        assert answer.code == 5, name
        assert any(check["status"] == "failed" for check in _register(answer)), name
