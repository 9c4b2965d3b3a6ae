"""One byte changed anywhere, anything added, taken away or swapped: found, and named. By other programs too."""

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.journal import Entry, format_line, parse_journal
from reports.assessment import Trust
from reports.envelope import build_statement, sign_statement
from reports.evidence import parse_evidence
from reports.layout import ATTESTATION, BUNDLE, EVIDENCE, REPORT_PDF, pack, read_directory
from reports.pades import check_seal
from reports.verification import CheckCode, Status, VerificationReport
from reports.verify import verify
from tests.integration.reports.conftest import Seal
from tests.integration.reports.tampered_pdf import PDF_CHANGES, byte_range, flip


def failures(report: VerificationReport) -> set[tuple[CheckCode, str]]:
    """What failed, about which file."""
    return {(check.code, check.subject) for check in report.failures}


def test_no_byte_of_the_pdfs_signature_is_free(sealed_once: Path, own_seal: Seal) -> None:
    pdf = (sealed_once / REPORT_PDF).read_bytes()
    start, end = byte_range(pdf)
    moment = parse_evidence((sealed_once / EVIDENCE).read_bytes()).journal.ended_at

    def holds(content: bytes) -> bool:
        checks = check_seal(content, certificates=[own_seal.certificate], moment=moment)
        return all(check.status is Status.OK for check in checks)

    assert holds(pdf)
    assert [p for p in range(start - 3, end + 3, 17) if holds(flip(pdf, p))] == []


@pytest.mark.parametrize("name", [REPORT_PDF, BUNDLE, ATTESTATION, ""])
def test_nothing_is_valid_for_who_trusts_nobody_or_somebody_else(
    name: str, sealed_once: Path, own_seal: Seal, foreign_seal: Seal
) -> None:
    assert verify(sealed_once / name, trust=own_seal.trust).valid
    assert not verify(sealed_once / name, trust=Trust()).valid
    assert not verify(sealed_once / name, trust=foreign_seal.trust).valid


def _seal_again(run: Path, seal: Seal) -> None:
    """Bind what is there now, with a key: what somebody does who has edited the evidence."""
    files = {name: content for name, content in read_directory(run).items() if name != ATTESTATION}
    statement = build_statement(parse_evidence(files[EVIDENCE]), files=files)
    (run / ATTESTATION).write_bytes(sign_statement(statement, signer=seal.signer))


def test_edited_evidence_that_another_key_signed(sealed: Path, own_seal: Seal, foreign_seal: Seal) -> None:
    evidence = parse_evidence((sealed / EVIDENCE).read_bytes())
    flattered = evidence.model_copy(update={"canary": None})
    (sealed / EVIDENCE).write_bytes(canonical(flattered))
    _seal_again(sealed, foreign_seal)

    report = verify(sealed, trust=own_seal.trust)

    assert (CheckCode.ATTESTATION_SIGNATURE, ATTESTATION) in failures(report)
    assert (CheckCode.EVIDENCE, EVIDENCE) in failures(report)


def test_figures_that_the_holder_of_the_key_made_up(sealed: Path, own_seal: Seal) -> None:
    """The signature is good: only computing again tells."""
    evidence = parse_evidence((sealed / EVIDENCE).read_bytes())
    better = tuple(m.model_copy(update={"met": None}) for m in evidence.measurements.measurements)
    figures = evidence.measurements.model_copy(update={"measurements": better})
    (sealed / EVIDENCE).write_bytes(canonical(evidence.model_copy(update={"measurements": figures})))
    _seal_again(sealed, own_seal)

    report = verify(sealed, trust=own_seal.trust)

    assert (CheckCode.MEASUREMENTS, EVIDENCE) in failures(report)
    assert (CheckCode.ATTESTATION_SIGNATURE, ATTESTATION) not in failures(report)


def test_a_report_that_says_something_else_than_its_evidence(sealed: Path, own_seal: Seal) -> None:
    page = (sealed / "report.html").read_text(encoding="utf-8")
    (sealed / "report.html").write_text(page.replace("Conforme", "Parfait").replace("conforme", "parfait"))
    _seal_again(sealed, own_seal)

    report = verify(sealed, trust=own_seal.trust)

    assert failures(report) == {(CheckCode.HTML_RENDERED, "report.html")}


def test_a_journal_that_was_cut_at_a_line(sealed: Path, own_seal: Seal) -> None:
    lines = (sealed / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (sealed / "journal.jsonl").write_bytes(b"".join(lines[:-1]))
    _seal_again(sealed, own_seal)

    report = verify(sealed, trust=own_seal.trust)

    assert (CheckCode.JOURNAL_BOUND, "journal.jsonl") in failures(report)


def test_an_entry_that_was_inserted_with_its_chain_made_again(sealed: Path, own_seal: Seal) -> None:
    evidence = parse_evidence((sealed / EVIDENCE).read_bytes())
    entries = list(parse_journal((sealed / "journal.jsonl").read_bytes(), genesis=evidence.plan_sha256))
    entries.insert(3, entries[3])
    content, previous = b"", evidence.plan_sha256
    for number, entry in enumerate(entries):
        line = format_line(Entry(**{**entry.model_dump(), "seq": number, "prev": previous, "event": entry.event}))
        content, previous = content + line, sha256(line[:-1])
    (sealed / "journal.jsonl").write_bytes(content)

    report = verify(sealed, trust=own_seal.trust)

    assert (CheckCode.FILE_DIGEST, "journal.jsonl") in failures(report)
    assert (CheckCode.JOURNAL_BOUND, "journal.jsonl") in failures(report)


def _repack(bundle: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = bundle.with_name("other.zip")
    target.write_bytes(pack(files))
    return target


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda files: files.update({"extra.txt": b"approved"}), (CheckCode.FILE_UNBOUND, "extra.txt")),
        (lambda files: files.update({"VERIFY.md": b"trust me"}), (CheckCode.FILE_UNBOUND, "VERIFY.md")),
        (lambda files: files.pop("samples/canary.csv"), (CheckCode.FILE_DIGEST, "samples/canary.csv")),
        (lambda files: files.update({"../x": b""}), (CheckCode.READABLE, "other.zip")),
    ],
    ids=["extra", "instructions", "missing", "outside"],
)
def test_a_bundle_that_was_packed_again(
    change: Callable[[dict[str, bytes]], None], expected: tuple[CheckCode, str], sealed: Path, own_seal: Seal
) -> None:
    report = verify(_repack(sealed / BUNDLE, change), trust=own_seal.trust)

    assert not report.valid
    assert expected in failures(report)


def test_the_certificate_of_a_bundle_is_not_trusted(sealed: Path, own_seal: Seal, foreign_seal: Seal) -> None:
    foreign = foreign_seal.certificate_path.read_bytes()
    packed = _repack(sealed / BUNDLE, lambda files: files.update({"trust/seal.crt.pem": foreign}))

    assert not verify(packed, trust=own_seal.trust).valid
    assert not verify(packed, trust=foreign_seal.trust).valid


@pytest.mark.parametrize("name", ["nowhere.pdf", "nowhere.zip", "nowhere.json", "nowhere"])
def test_what_is_not_there(name: str, tmp_path: Path, own_seal: Seal) -> None:
    report = verify(tmp_path / name, trust=own_seal.trust)

    assert [check.code for check in report.failures] == [CheckCode.READABLE]


def _run(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True).stdout


def test_other_programs_agree_on_the_pdf(sealed: Path) -> None:
    assert "Signature is Valid" in (said := _run("pdfsig", "-nocert", REPORT_PDF, cwd=sealed))
    assert "Total document signed" in said
    assert "No syntax or stream encoding errors" in _run("qpdf", "--check", REPORT_PDF, cwd=sealed)
    (sealed / "out").mkdir()
    _run("pdfdetach", "-saveall", "-o", "out", REPORT_PDF, cwd=sealed)
    assert (sealed / "out" / EVIDENCE).read_bytes() == (sealed / EVIDENCE).read_bytes()
    assert (sealed / "out" / "samples-canary.csv").read_bytes() == (sealed / "samples/canary.csv").read_bytes()

    content = (sealed / REPORT_PDF).read_bytes()
    (sealed / REPORT_PDF).write_bytes(PDF_CHANGES["page"](content))

    assert "Digest Mismatch" in _run("pdfsig", "-nocert", REPORT_PDF, cwd=sealed)


def test_openssl_agrees_on_the_pdfs_signature(sealed: Path, own_seal: Seal) -> None:
    pdf = (sealed / REPORT_PDF).read_bytes()
    start, end = byte_range(pdf)
    container = bytes.fromhex(pdf[start:end].decode())
    length = 4 + int.from_bytes(container[2:4], "big")
    (sealed / "cms.der").write_bytes(container[:length])
    (sealed / "signed").write_bytes(pdf[: start - 1] + pdf[end + 1 :])
    given = "-in cms.der -content signed -inform DER -binary -purpose any -out out"
    command = ["openssl", "cms", "-verify", *given.split(), "-CAfile", str(own_seal.certificate_path)]

    result = subprocess.run(command, cwd=sealed, check=False, capture_output=True, text=True)

    assert "CMS Verification successful" in result.stderr
