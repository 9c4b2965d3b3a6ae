"""An authority that is away, what is added when it is back, and what nobody may add: the archived report."""

import base64
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError
from reports.claims import Claims, claims_of
from reports.completion import RENEW_BEFORE, newest_ends_at, renew
from reports.envelope import parse_attestation
from reports.evidence import parse_evidence
from reports.keys import certificate_pem
from reports.layout import ARCHIVED, ATTESTATION, BUNDLE, EVIDENCE, RENEWALS, REPORT_HTML, REPORT_PDF, read_directory
from reports.seal import Sealed, seal, write_evidence
from reports.signing.archive import sealed_part, signatures_of
from reports.signing.sealer import Prepared
from reports.standalone import verify_evidence
from reports.verification import CheckCode, Status, VerificationReport
from reports.verify import verify
from reports.vouchers import Vouchers
from tests.integration.reports.example_run import write_run
from tests.integration.reports.tampered_pdf import PDF_CHANGES, flip
from tests.integration.reports.workshop import Workshop, answer

AWAY = "http://127.0.0.1:1/"
"""Nothing listens on this port: it is reserved, and needs root."""


def check(path: Path, workshop: Workshop, **more: Any) -> VerificationReport:
    return verify(path, trust=replace(workshop.trust, **more))


def test_a_run_that_bears_an_independent_time(timed_once: Path, workshop: Workshop) -> None:
    evidence = parse_evidence((timed_once / EVIDENCE).read_bytes())

    for name in (REPORT_PDF, BUNDLE, ATTESTATION, ""):
        report = check(timed_once / name, workshop)
        assert report.failures == ()
        assert report.valid
        assert report.level == 2
        assert report.proved_at is not None
    assert evidence.signature.level == 2
    assert evidence.signature.authority is not None
    assert evidence.signature.authority.name == "Tiers Horodateur"
    page = (timed_once / REPORT_HTML).read_text(encoding="utf-8")
    assert "Niveau 2 — certificat délivré par Essai interm, horodatage indépendant (Tiers Horodateur)" in page
    assert not check(timed_once, replace_trust(workshop)).valid


def replace_trust(workshop: Workshop) -> Workshop:
    """Somebody for whom the authority is unknown: he trusts the root of another one."""

    class Other(Workshop):
        @property
        def time_roots(self) -> tuple[Certificate, ...]:
            return (self.pki.certificate("nobody", "root"),)

    return Other(pki=workshop.pki, evidence=workshop.evidence, directory=workshop.directory)


def test_openssl_verifies_the_time_of_the_attestation(timed: Path, workshop: Workshop, tmp_path: Path) -> None:
    root = workshop.pki.directory / "tsa-root.pem"
    root.write_bytes(certificate_pem(workshop.time_roots[0]))
    guide = _section((timed / BUNDLE), tmp_path / "unpacked")
    (tmp_path / "unpacked" / "tsa.pem").write_bytes(root.read_bytes())
    command = ["sh", "-c", guide]
    done = subprocess.run(command, cwd=tmp_path / "unpacked", check=False, capture_output=True, text=True)

    assert "Time stamp:" in done.stdout
    assert "attestation: dated" in done.stdout.splitlines()
    assert "report: sealed" in done.stdout.splitlines()


def _section(bundle: Path, directory: Path) -> str:
    """Every command of the English half of VERIFY.md, but cosign's."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(directory)
    text = (directory / "VERIFY.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text[text.index("# Verify this") :], re.DOTALL | re.MULTILINE)
    return "".join(block for block in blocks if not block.startswith("cosign"))


@pytest.fixture(scope="module")
def away_once(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Sealed]:
    """A run sealed while its authority was away."""
    run = write_run(tmp_path_factory.mktemp("away") / "run")
    sealer = workshop.sealer("p256", authority=replace(workshop.authority(), url=AWAY))
    return run, seal(run, sealer=sealer, language=Language.FRENCH)


def test_the_authority_is_away_and_comes_back(away_once: tuple[Path, Sealed], workshop: Workshop) -> None:
    run, sealed = away_once
    own = (workshop.pki.certificate("seals", "p256"),)
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}

    assert sealed.awaited is not None
    assert "it cannot be reached" in sealed.awaited
    statement = parse_evidence(before[EVIDENCE]).signature
    assert (statement.level, statement.profile, statement.awaited) == (1, "PAdES-B-B", True)
    assert "horodatage attendu, absent au scellement" in before[REPORT_HTML].decode()
    alone = verify(run, trust=replace(workshop.trust, certificates=own))
    assert alone.valid
    assert alone.level == 1
    assert {check.subject for check in alone.checks if check.code is CheckCode.TIMESTAMP} == {REPORT_PDF, ATTESTATION}
    # Its issuer could say that it was revoked, and nothing in there says that it was not.
    assert not check(run, workshop).valid

    still = seal(
        run,
        sealer=workshop.sealer("p256", authority=replace(workshop.authority(), url=AWAY)),
        language=Language.FRENCH,
    )
    assert still.awaited is not None
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before

    back = seal(run, sealer=workshop.sealer("p256"), language=Language.FRENCH)

    assert back.awaited is None
    after = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    assert {name for name in after if after[name] != before.get(name)} == {ARCHIVED, ATTESTATION, BUNDLE}
    assert after[ARCHIVED].startswith(before[REPORT_PDF])
    old, new = parse_attestation(before[ATTESTATION]), parse_attestation(after[ATTESTATION])
    assert (new.payload, new.signature) == (old.payload, old.signature)
    for name in ("", BUNDLE, ATTESTATION, ARCHIVED):
        report = check(run / name, workshop)
        assert report.failures == ()
        assert report.valid
        assert report.level == 2
        assert any("after the end of the run" in check.detail for check in report.checks)

    again = seal(run, sealer=workshop.sealer("p256"), language=Language.FRENCH)
    assert again.awaited is None
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == after


def test_an_authority_that_leaves_in_the_middle_was_away(workshop: Workshop, tmp_path: Path) -> None:
    """It answers the first question, and then no more: all of it is sealed without, and says so."""
    asked: list[bytes] = []

    class Leaving(type(workshop.authority())):  # type: ignore[misc]
        def answer(self, query: bytes) -> bytes:
            asked.append(query)
            if len(asked) > 2:
                raise OSError("gone")
            return bytes(super().answer(query))

    there = workshop.authority()
    leaving = Leaving(url=there.url, roots=there.roots, timeout_s=there.timeout_s)
    run = write_run(tmp_path / "run")

    sealed = seal(run, sealer=workshop.sealer("p256", authority=leaving), language=Language.FRENCH)

    assert len(asked) == 3
    assert sealed.awaited is not None
    assert parse_evidence((run / EVIDENCE).read_bytes()).signature.awaited
    assert parse_attestation((run / ATTESTATION).read_bytes()).token is None
    assert verify(run, trust=replace(workshop.trust, certificates=(workshop.pki.certificate("seals", "p256"),))).valid


def vouchers(workshop: Workshop, *, authority: str = "tsa") -> Vouchers:
    sealer = workshop.sealer("p256", authority=workshop.authority(label=authority))
    assert sealer.authority is not None
    return Vouchers(authority=sealer.authority, certificate=sealer.certificate, chain=sealer.chain, roots=sealer.roots)


def claims(files: Mapping[str, bytes]) -> Claims:
    return claims_of(parse_evidence(files[EVIDENCE]))


def test_what_ages_is_renewed_and_nothing_else(timed: Path, workshop: Workshop) -> None:
    files, asked = read_directory(timed), vouchers(workshop)
    said = claims(files)
    ends_at = newest_ends_at(files, authority=asked.authority)
    assert ends_at is not None
    day = timedelta(days=1)

    assert renew(files, claims=said, vouchers=asked, now=ends_at - RENEW_BEFORE - day, force=False).files == {}
    first = renew(files, claims=said, vouchers=asked, now=ends_at - RENEW_BEFORE + day, force=False)
    assert set(first.files) == {ARCHIVED, RENEWALS}
    write_evidence(timed, files=files, added=first.files, certificate=asked.certificate)
    assert check(timed, workshop).valid

    # The newest one now is of an authority whose certificate ends soon: it is renewed on the very day.
    soon = vouchers(workshop, authority="soon")
    second = renew(read_directory(timed), claims=said, vouchers=soon, now=datetime.now(UTC), force=True)
    write_evidence(timed, files=read_directory(timed), added=second.files, certificate=asked.certificate)
    third = renew(read_directory(timed), claims=said, vouchers=asked, now=datetime.now(UTC), force=False)
    write_evidence(timed, files=read_directory(timed), added=third.files, certificate=asked.certificate)

    archived = (timed / ARCHIVED).read_bytes()
    assert archived.startswith(second.files[ARCHIVED])
    assert second.files[ARCHIVED].startswith(first.files[ARCHIVED])
    assert first.files[ARCHIVED].startswith((timed / REPORT_PDF).read_bytes())
    assert len(signatures_of(archived)) == 4
    for name in ("", ARCHIVED, BUNDLE):
        report = check(timed / name, workshop)
        assert report.failures == ()
        assert report.valid
        archive, *renewals = (check for check in report.checks if check.code is CheckCode.ARCHIVE)
        assert archive.detail.startswith("3, the first one")
        assert [one.detail[:18] for one in renewals] == ([] if name == ARCHIVED else ["3, the newest one "])
    _openssl_agrees(timed, workshop)
    for path in (timed, timed / BUNDLE):
        assert _standalone(path, workshop) == []


def _openssl_agrees(run: Path, workshop: Workshop) -> None:
    """Each renewal is over the attestation and the renewals before it, says a program that is not ours."""
    covered, root = (run / ATTESTATION).read_bytes(), run.parent / "root.pem"
    root.write_bytes(certificate_pem(workshop.time_roots[0]))
    for text in json.loads((run / RENEWALS).read_bytes())["timestamps"]:
        answer = base64.b64decode(text)
        (run.parent / "covered").write_bytes(covered)
        (run.parent / "answer.tsr").write_bytes(answer)
        command = ["openssl", "ts", "-verify", "-data", "covered", "-in", "answer.tsr", "-CAfile", "root.pem"]
        done = subprocess.run(command, cwd=run.parent, check=False, capture_output=True, text=True)
        assert "Verification: OK" in done.stdout + done.stderr
        covered += answer


def _standalone(path: Path, workshop: Workshop) -> list[str]:
    """What the stand-alone verifier finds wrong, by subject."""
    certificate = workshop.directory / "own.pem"
    certificate.write_bytes(certificate_pem(workshop.pki.certificate("seals", "p256")))
    command = [
        sys.executable,
        verify_evidence.__file__,
        "--json",
        "--without-register",
        "--certificate",
        str(certificate),
        str(path),
    ]
    said = json.loads(subprocess.run(command, check=False, capture_output=True, text=True).stdout)
    assert RENEWALS in {check["subject"] for check in said["checks"]}
    return [check["subject"] for check in said["checks"] if check["status"] == "failed"]


def _tokens(change: Callable[[list[str]], list[str]]) -> Callable[[bytes], bytes]:
    return lambda renewals: json.dumps(
        {"format": "reprise/renewals/v1", "timestamps": change(json.loads(renewals)["timestamps"])},
        separators=(",", ":"),
    ).encode()


def _flipped(token: str) -> str:
    content = base64.b64decode(token)
    return base64.b64encode(flip(content, len(content) - 20)).decode()


RENEWAL_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "in another order": _tokens(lambda tokens: tokens[::-1]),
    "the first one cut out": _tokens(lambda tokens: tokens[1:]),
    "one twice": _tokens(lambda tokens: [*tokens, tokens[-1]]),
    "empty": _tokens(lambda tokens: []),
    "a byte of the last one": _tokens(lambda tokens: [*tokens[:-1], _flipped(tokens[-1])]),
    "a line feed after it": lambda renewals: renewals + b"\n",
    "no renewals at all": lambda _: b"[]",
}


@pytest.fixture(scope="module")
def renewed_once(timed_once: Path, workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was renewed twice."""
    run = Path(shutil.copytree(timed_once, tmp_path_factory.mktemp("renewed") / "run"))
    for _ in range(2):
        files, asked = read_directory(run), vouchers(workshop)
        added = renew(files, claims=claims(files), vouchers=asked, now=datetime.now(UTC), force=True).files
        write_evidence(run, files=files, added=added, certificate=asked.certificate)
    return run


def test_the_changes_begin_from_what_holds(renewed_once: Path, workshop: Workshop) -> None:
    written = (renewed_once / RENEWALS).read_bytes()

    assert _tokens(lambda tokens: tokens)(written) == written
    assert check(renewed_once, workshop).valid


@pytest.mark.parametrize("change", RENEWAL_CHANGES.values(), ids=RENEWAL_CHANGES.keys())
def test_a_change_of_the_renewals(
    change: Callable[[bytes], bytes], renewed_once: Path, workshop: Workshop, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(renewed_once, tmp_path / "run"))
    (run / RENEWALS).write_bytes(change((run / RENEWALS).read_bytes()))

    assert {failure.subject for failure in check(run, workshop).failures} == {RENEWALS}


def test_renewals_of_another_run_or_of_no_time_stamp(renewed_once: Path, workshop: Workshop, tmp_path: Path) -> None:
    other, bare = write_run(tmp_path / "other"), write_run(tmp_path / "bare")
    seal(other, sealer=workshop.sealer("p256"), language=Language.FRENCH)
    seal(bare, sealer=workshop.timeless("p256"), language=Language.FRENCH)

    for run in (other, bare):
        shutil.copy(renewed_once / RENEWALS, run / RENEWALS)
        assert RENEWALS in {failure.subject for failure in check(run, workshop).failures}
        assert _standalone(run, workshop) == [RENEWALS]


Archived = tuple[bytes, bytes, Prepared]


@pytest.fixture(scope="module")
def archived(workshop: Workshop) -> Archived:
    """A small sealed PDF, the same archived, and what was said of it."""
    sealer = workshop.sealer("p256")
    sealed, prepared = workshop.seal(sealer)
    return sealed, workshop.archive(sealed, sealer), prepared


def test_an_archived_report_holds(archived: Archived, workshop: Workshop) -> None:
    sealed, whole, prepared = archived

    assert sealed_part(whole) == sealed
    assert workshop.holds(whole, prepared)
    assert answer(workshop.judge(whole, prepared), CheckCode.ARCHIVE).status is Status.OK


LATER = [name for name in PDF_CHANGES if name.endswith("in a later revision")]
"""One that changes nothing too: each revision must be that of a time-stamp."""
assert len(LATER) == 6


@pytest.mark.parametrize("name", ["painted over in a later revision", "language changed in a later revision"])
@pytest.mark.parametrize("stamped", [False, True], ids=["left open", "time-stamped"])
def test_what_is_added_and_is_no_time_stamp_is_refused(
    name: str, stamped: bool, archived: Archived, workshop: Workshop
) -> None:
    """Anybody can have a time-stamp of the authority over anything: what lies between counts, not the time-stamp."""
    _, whole, prepared = archived
    changed = PDF_CHANGES[name](whole)
    if stamped:
        changed = workshop.archive(changed, workshop.sealer("p256"))

    archive = answer(workshop.judge(changed, prepared), CheckCode.ARCHIVE)

    assert archive.status is Status.FAILED
    assert not workshop.holds(changed, prepared)


def test_pdfsig_calls_valid_what_we_refuse(archived: Archived, workshop: Workshop, tmp_path: Path) -> None:
    _, whole, _ = archived
    changed = PDF_CHANGES["painted over in a later revision"](whole)
    (tmp_path / "changed.pdf").write_bytes(changed)
    said = subprocess.run(
        ["pdfsig", "-nocert", "changed.pdf"], cwd=tmp_path, check=False, capture_output=True, text=True
    ).stdout

    assert "Signature is Valid" in said


@pytest.mark.parametrize("name", LATER)
def test_a_report_with_a_later_revision_and_a_time_stamp_over_it(name: str, timed: Path, workshop: Workshop) -> None:
    """The whole verifier, on real reports: content, language and attachments changed, then time-stamped."""
    changed = workshop.archive(PDF_CHANGES[name]((timed / REPORT_PDF).read_bytes()), workshop.sealer("p256"))
    (timed / ARCHIVED).write_bytes(changed)

    for path in (timed, timed / ARCHIVED):
        report = check(path, workshop)
        assert not report.valid
        assert CheckCode.ARCHIVE in {check.code for check in report.failures}


def _written_again(pdf: bytes) -> bytes:
    writer, output = IncrementalPdfFileWriter(io.BytesIO(pdf)), io.BytesIO()
    writer.update_root()  # type: ignore[no-untyped-call]
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


ARCHIVE_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "one byte after the end": lambda pdf: pdf + b"\n",
    "a comment after the end": lambda pdf: pdf + b"% hello\n",
    "cut short": lambda pdf: pdf[:-1],
    "a byte of the sealed part": lambda pdf: flip(pdf, 1000),
    "a byte of the time-stamp's revision": lambda pdf: flip(pdf, len(pdf) - 40),
    "a revision without a signature": _written_again,
}


@pytest.mark.parametrize("change", ARCHIVE_CHANGES.values(), ids=ARCHIVE_CHANGES.keys())
def test_a_change_of_the_archived_report(
    change: Callable[[bytes], bytes], archived: Archived, workshop: Workshop
) -> None:
    _, whole, prepared = archived

    assert not workshop.holds(change(whole), prepared)


def test_no_byte_of_the_archive_time_stamp_is_free(archived: Archived, workshop: Workshop) -> None:
    sealed, whole, prepared = archived
    changed = [flip(whole, position) for position in range(len(sealed), len(whole), 97)]

    assert [one for one in changed if workshop.holds(one, prepared)] == []


def test_the_archive_of_another_report(archived: Archived, workshop: Workshop) -> None:
    _, whole, prepared = archived
    other, _ = workshop.seal(workshop.sealer("p256"))

    assert not workshop.holds(other + whole[len(sealed_part(whole)) :], prepared)


def test_only_what_is_sealed_is_completed(timed: Path, workshop: Workshop) -> None:
    (timed / EVIDENCE).write_bytes(flip((timed / EVIDENCE).read_bytes(), 100))
    files = read_directory(timed)

    with pytest.raises(EvidenceError, match=r"evidence\.json: it is not the file that was sealed"):
        write_evidence(timed, files=files, added={ARCHIVED: b""}, certificate=workshop.sealer("p256").certificate)
    assert not (timed / ARCHIVED).exists()
