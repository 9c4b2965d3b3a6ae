"""The bundle's own instructions, run as they are written, with the programs of the distribution and none of ours."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from reports.bundle import build_bundle
from reports.envelope import build_statement, sign_statement
from reports.evidence import parse_evidence
from reports.layout import ATTESTATION, BUNDLE, EVIDENCE, REPORT_PDF, read_directory
from reports.signers import load_signer
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.tampered_pdf import PDF_CHANGES, flip

COSIGN = "cosign verify"
HEADINGS = {"fr": "# Vérifier ce dossier de preuve\n", "en": "# Verify this evidence\n"}
HOLDS = {
    "fr": (
        *("attestation : signée", "fichiers : tels que signés", "rien à côté", "chaîne : entière"),
        *("preuve : sur cette exécution", "verdict : passed", "rapport : entier", "rapport : scellé"),
        "pièces jointes : les fichiers de l’exécution",
    ),
    "en": (
        *("attestation: signed", "files: as they were signed", "nothing beside them", "chain: whole"),
        *("evidence: about this run", "verdict: passed", "report: whole", "report: sealed"),
        "attachments: the files of the run",
    ),
}
"""The last line of each block that holds, in order; the first block has a fingerprint instead."""


@dataclass(frozen=True)
class Unpacked:
    """An unpacked bundle, and the blocks of its instructions in one language."""

    directory: Path
    blocks: list[str]

    def follow(self, *, cosign: bool = False) -> list[str]:
        """The last line that each block prints, run one after the other."""
        chosen = [block for block in self.blocks if block.startswith(COSIGN) is cosign]
        return [self._run(block) for block in chosen]

    def _run(self, block: str) -> str:
        done = subprocess.run(
            ["env", "LC_ALL=C", "sh", "-c", block], cwd=self.directory, check=False, capture_output=True, text=True
        )
        return (done.stdout.splitlines() or [""])[-1]


def _unpack(bundle: Path, directory: Path, language: str) -> Unpacked:
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(directory)
    text = (directory / "VERIFY.md").read_text(encoding="utf-8")
    part = text[text.index(HEADINGS[language]) :]
    others = [part.index(heading) for heading in HEADINGS.values() if heading in part[1:]]
    blocks = re.findall(r"^```sh\n(.*?)^```$", part[: min(others, default=None)], re.DOTALL | re.MULTILINE)
    return Unpacked(directory, blocks)


@pytest.mark.parametrize("language", HEADINGS)
def test_a_good_bundle_holds_in_every_block(language: str, sealed_once: Path, own_seal: Seal, tmp_path: Path) -> None:
    unpacked = _unpack(sealed_once / BUNDLE, tmp_path / "bundle", language)
    fingerprint = (tmp_path / "bundle" / "VERIFY.md").read_text(encoding="utf-8").split("```text\n")[-1].split("\n")[0]

    first, *rest = unpacked.follow()

    assert first == f"{fingerprint}  -"
    assert tuple(rest) == HOLDS[language]


def test_both_languages_give_the_same_commands(sealed_once: Path, tmp_path: Path) -> None:
    french, english = (_unpack(sealed_once / BUNDLE, tmp_path / name, name) for name in ("fr", "en"))

    assert [re.sub(r'"[^"$]* ?:[^"$]*"|echo .*', "", b) for b in french.blocks] == [
        re.sub(r'"[^"$]* ?:[^"$]*"|echo .*', "", b) for b in english.blocks
    ]


@pytest.mark.parametrize("story", [Story.REFUSED, Story.KILLED, Story.FAILED])
def test_a_run_without_series_or_with_findings_holds_too(story: Story, own_seal: Seal, tmp_path: Path) -> None:
    sealed = own_seal.seal(write_run(tmp_path / "run", story=story))

    said = _unpack(sealed.bundle, tmp_path / "bundle", "en").follow()[1:]

    assert [line for line in said if not line.startswith(("verdict", "  "))] == [
        line for line in HOLDS["en"] if not line.startswith("verdict")
    ]


SIGNED, FILES, BESIDE, CHAIN, ABOUT, VERDICT, WHOLE, SEALED, ATTACHED = range(9)


def _edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def edit(directory: Path) -> None:
        (directory / name).write_bytes(change((directory / name).read_bytes()))

    return edit


def _without_line(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:20], *lines[21:]])


def _add_a_file(directory: Path) -> None:
    (directory / "approved.txt").write_text("yes")


def _later_revision(content: bytes) -> bytes:
    return PDF_CHANGES["attachment swapped in a later revision"](content)


TAMPERED: dict[str, tuple[Callable[[Path], None], set[int]]] = {
    "a byte of the payload": (_edit(ATTESTATION, lambda c: c.replace(b"eyJf", b"eyJe", 1)), {SIGNED}),
    "a digit of the journal": (
        _edit("journal.jsonl", lambda c: c.replace(b'"seq":5,', b'"seq":6,').replace(b'"seq":5}', b'"seq":6}')),
        {FILES, CHAIN, ABOUT, ATTACHED},
    ),
    "a line of the journal": (_edit("journal.jsonl", _without_line), {FILES, CHAIN, ABOUT, ATTACHED}),
    "the plan": (_edit("plan.json", lambda c: c.replace(b"CHG", b"XYZ") + b" "), {FILES, CHAIN, ABOUT, ATTACHED}),
    "a series": (_edit("samples/canary.csv", lambda c: flip(c, 200)), {FILES, ABOUT, ATTACHED}),
    "the verdict": (_edit("verdict.json", lambda c: c.replace(b'"passed"', b'"failed"')), {FILES, VERDICT}),
    "the page": (_edit("report.html", lambda c: c + b" "), {FILES}),
    "a file more": (_add_a_file, {BESIDE}),
    "a file less": (lambda directory: (directory / "drill.yml").unlink(), {FILES, ABOUT, ATTACHED}),
    "a page of the PDF": (_edit(REPORT_PDF, PDF_CHANGES["page"]), {FILES, WHOLE, SEALED}),
    "a later revision of the PDF": (_edit(REPORT_PDF, _later_revision), {FILES, WHOLE, SEALED, ATTACHED}),
    "bytes behind the PDF": (_edit(REPORT_PDF, lambda c: c + b"\n% more\n"), {FILES, WHOLE, SEALED}),
}


@pytest.mark.parametrize(
    ("change", "lost", "language"),
    [(*case, language) for case, language in zip(TAMPERED.values(), cycle(HEADINGS), strict=False)],
    ids=TAMPERED.keys(),
)
def test_a_tampered_bundle_loses_exactly_the_lines_that_do_not_hold(
    change: Callable[[Path], None], lost: set[int], language: str, sealed_once: Path, tmp_path: Path
) -> None:
    unpacked = _unpack(sealed_once / BUNDLE, tmp_path / "bundle", language)
    change(unpacked.directory)

    said = unpacked.follow()[1:]

    assert {number for number, line in enumerate(HOLDS[language]) if said[number] != line} == lost


def test_another_certificate_verifies_nothing(sealed_once: Path, foreign_seal: Seal, tmp_path: Path) -> None:
    unpacked = _unpack(sealed_once / BUNDLE, tmp_path / "bundle", "en")
    shutil.copy(foreign_seal.certificate_path, unpacked.directory / "trust" / "seal.crt.pem")

    said = unpacked.follow()[1:]

    assert {number for number, line in enumerate(HOLDS["en"]) if said[number] != line} == {SIGNED, SEALED}


def test_an_ed25519_key_has_its_own_command(sealed_once: Path, tmp_path: Path) -> None:
    key, certificate = _ed25519(tmp_path / "key.pem")
    files = {name: content for name, content in read_directory(sealed_once).items() if name != ATTESTATION}
    statement = build_statement(parse_evidence(files[EVIDENCE]), files=files)
    files[ATTESTATION] = sign_statement(statement, signer=load_signer(f"file:{key}"))
    (tmp_path / BUNDLE).write_bytes(build_bundle(files, certificate=certificate))

    unpacked = _unpack(tmp_path / BUNDLE, tmp_path / "bundle", "en")
    said = unpacked.follow()[1:]

    assert said[:2] == ["attestation: signed", "files: as they were signed"]
    assert "pkeyutl" in unpacked.blocks[1]


def _ed25519(place: Path) -> tuple[Path, x509.Certificate]:
    key, now = ed25519.Ed25519PrivateKey.generate(), datetime(2026, 11, 1, tzinfo=UTC)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    place.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    place.chmod(0o600)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=900))
    return place, builder.sign(key, None)


@pytest.mark.skipif(shutil.which("cosign") is None, reason="Debian 12 has no cosign, and none is on PATH")
@pytest.mark.parametrize("language", HEADINGS)
def test_cosign_verifies_the_attestation(language: str, sealed_once: Path, tmp_path: Path) -> None:
    unpacked = _unpack(sealed_once / BUNDLE, tmp_path / "bundle", language)
    unpacked.follow()
    (command,) = (block for block in unpacked.blocks if block.startswith(COSIGN))
    done = subprocess.run(["sh", "-c", command], cwd=unpacked.directory, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Verified OK" in done.stderr

    (unpacked.directory / REPORT_PDF).write_bytes(b"%PDF-1.7\n")
    assert subprocess.run(["sh", "-c", command], cwd=unpacked.directory, check=False).returncode != 0
