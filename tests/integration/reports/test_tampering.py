"""One byte changed anywhere, anything added, taken away or swapped: found, and named. By other programs too."""

import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

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

FILES = (
    "plan.json",
    "journal.jsonl",
    "drill.yml",
    "samples/sql-service.csv",
    "samples/canary.csv",
    "verdict.json",
    "evidence.json",
    "report.html",
    "report.pdf",
    ATTESTATION,
)


def flip(content: bytes, position: int) -> bytes:
    """The content with the lowest bit of one byte turned over."""
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


def failures(report: VerificationReport) -> set[tuple[CheckCode, str]]:
    """What failed, about which file."""
    return {(check.code, check.subject) for check in report.failures}


def byte_range(pdf: bytes) -> tuple[int, int]:
    """Where the digits of the signature begin and end."""
    found = re.search(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) \d+\s*\]", pdf)
    assert found is not None
    return int(found[1]) + 1, int(found[2]) - 1


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_byte_of_any_file_of_a_run(name: str, part: float, sealed: Path, own_seal: Seal) -> None:
    content = (sealed / name).read_bytes()
    (sealed / name).write_bytes(flip(content, int(len(content) * part)))

    report = verify(sealed, trust=own_seal.trust)

    assert not report.valid
    assert any(name in (check.subject, *check.detail.split(":")) for check in report.failures), report.failures


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_missing(name: str, sealed: Path, own_seal: Seal) -> None:
    (sealed / name).unlink()

    report = verify(sealed, trust=own_seal.trust)

    assert not report.valid
    assert any(name in f"{check.subject} {check.detail}" for check in report.failures)


def _stream(marker: bytes) -> Callable[[bytes], bytes]:
    return lambda pdf: flip(pdf, pdf.index(b"stream\n", pdf.index(marker)) + 40)


def _in_signature(offset: int) -> Callable[[bytes], bytes]:
    return lambda pdf: flip(pdf, byte_range(pdf)[0] + offset)


def _at_end_of_padding(pdf: bytes) -> bytes:
    position = byte_range(pdf)[1] - 4
    return pdf[:position] + b"1" + pdf[position + 1 :]


def _lower_case_digit(pdf: bytes) -> bytes:
    start, end = byte_range(pdf)
    return pdf[:start] + pdf[start:end].lower() + pdf[end:]


def _rewritten(change: Callable[[IncrementalPdfFileWriter], None]) -> Callable[[bytes], bytes]:
    def update(pdf: bytes) -> bytes:
        writer, output = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
        change(writer)
        writer.write(output)  # type: ignore[no-untyped-call]
        return output.getvalue()

    return update


def _paint_over(writer: IncrementalPdfFileWriter) -> None:
    page = writer.find_page_for_modification(0)[0].get_object()  # type: ignore[no-untyped-call]
    painted = writer.add_object(generic.StreamObject(stream_data=b"q 0 1 0 rg 50 700 200 40 re f Q"))
    page[pdf_name("/Contents")] = generic.ArrayObject([page.raw_get("/Contents"), painted])
    writer.update_container(page)


def _swap_attachment(writer: IncrementalPdfFileWriter) -> None:
    files = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    specification = files[3]["/EF"]
    other = generic.StreamObject(stream_data=b"{}", dict_data={pdf_name("/Type"): pdf_name("/EmbeddedFile")})
    specification[pdf_name("/F")] = writer.add_object(other)
    writer.update_container(specification)


def _change_language(writer: IncrementalPdfFileWriter) -> None:
    writer.root[pdf_name("/Lang")] = generic.pdf_string("en")
    writer.update_root()  # type: ignore[no-untyped-call]


PDF_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "header": lambda pdf: flip(pdf, 6),
    "page": _stream(b"/Filter"),
    "attachment": _stream(b"/EmbeddedFile"),
    "metadata": _stream(b"/Subtype /XML"),
    "cross-references": lambda pdf: flip(pdf, pdf.rindex(b"startxref") - 60),
    "cms begin": _in_signature(10),
    "cms certificate": _in_signature(400),
    "cms end": _in_signature(2_000),
    "padding": _at_end_of_padding,
    "case of the digits": _lower_case_digit,
    "junk after the end": lambda pdf: pdf + b"\n% hello\n",
    "one byte after the end": lambda pdf: pdf + b"\n",
    "cut short": lambda pdf: pdf[:-3],
    "painted over in a later revision": _rewritten(_paint_over),
    "attachment swapped in a later revision": _rewritten(_swap_attachment),
    "language changed in a later revision": _rewritten(_change_language),
    "not a PDF": lambda pdf: b"%PDF-1.7\n" + b"(" * 20_000,
    "empty": lambda pdf: b"",
}


@pytest.mark.parametrize("change", PDF_CHANGES.values(), ids=PDF_CHANGES.keys())
def test_a_change_of_the_pdf_alone(
    change: Callable[[bytes], bytes], sealed_once: Path, own_seal: Seal, tmp_path: Path
) -> None:
    content = (sealed_once / REPORT_PDF).read_bytes()
    altered = tmp_path / REPORT_PDF
    altered.write_bytes(change(content))
    assert altered.read_bytes() != content

    report = verify(altered, trust=own_seal.trust)

    assert not report.valid
    assert report.failures


def test_no_byte_of_the_pdfs_signature_is_free(sealed_once: Path, own_seal: Seal) -> None:
    pdf = (sealed_once / REPORT_PDF).read_bytes()
    start, end = byte_range(pdf)
    moment = parse_evidence((sealed_once / EVIDENCE).read_bytes()).journal.ended_at

    def holds(content: bytes) -> bool:
        checks = check_seal(content, certificates=[own_seal.certificate], moment=moment)
        return all(check.status is Status.OK for check in checks)

    assert holds(pdf)
    assert [p for p in range(start - 3, end + 3, 11) if holds(flip(pdf, p))] == []


def test_the_pdf_before_it_was_signed_is_worth_nothing(sealed_once: Path, own_seal: Seal, tmp_path: Path) -> None:
    pdf = (sealed_once / REPORT_PDF).read_bytes()
    (tmp_path / REPORT_PDF).write_bytes(pdf[: pdf.index(b"%%EOF") + 6])

    report = verify(tmp_path / REPORT_PDF, trust=own_seal.trust)

    assert (CheckCode.PDF_WHOLE, REPORT_PDF) in failures(report)
    assert (CheckCode.PDF_SIGNATURE, REPORT_PDF) in failures(report)


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


@pytest.mark.parametrize("position", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_byte_of_the_bundle(position: float, sealed: Path, own_seal: Seal) -> None:
    content = (sealed / BUNDLE).read_bytes()
    (sealed / BUNDLE).write_bytes(flip(content, int(len(content) * position)))

    assert not verify(sealed / BUNDLE, trust=own_seal.trust).valid


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
