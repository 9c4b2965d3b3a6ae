"""What the stand-alone verifier says where it is not only a matter of yes and no; `test_tamperings` has the matrix."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import rfc8785
from click.testing import CliRunner

from orchestrator.cli import reprise
from orchestrator.core.events import ProbeAnswered
from orchestrator.core.journal import Entry
from orchestrator.errors import EvidenceError
from reports.evidence import parse_evidence
from reports.keys import certificate_pem
from reports.layout import (
    ARCHIVED,
    ATTESTATION,
    BUNDLE,
    EVIDENCE,
    REPORT_PDF,
    pack,
    read_bundle,
    read_directory,
    sources,
)
from reports.materials import JOURNAL, PLAN, read_materials
from reports.signing.statement import state_signature
from reports.verify import verify
from tests.integration.reports.bare import Bare, Said
from tests.integration.reports.conftest import Seal
from tests.integration.reports.forgeries import Files, flattered, retold, signed_by
from tests.integration.reports.workshop import Workshop


def _linked(run: Path, place: Path) -> Path:
    """A copy that shares the files which are not written anew."""
    return Path(shutil.copytree(run, place, copy_function=os.link))


def _put(directory: Path, changed: Mapping[str, bytes | None]) -> Path:
    for name, content in changed.items():
        (directory / name).unlink(missing_ok=True)
        if content is not None:
            (directory / name).write_bytes(content)
    return directory


def _named(name: str, texts: list[str]) -> bool:
    return any(name in text for text in texts)


def test_a_forgery_that_is_wholly_somebody_elses(sealed: Path, bare: Bare, own_seal: Seal, foreign_seal: Seal) -> None:
    """Valid for who trusts him, and worth nothing to who does not."""
    evidence = parse_evidence((sealed / EVIDENCE).read_bytes())
    assert evidence.signature != state_signature(foreign_seal.certificate)
    for name in (ATTESTATION, BUNDLE, REPORT_PDF, EVIDENCE):
        (sealed / name).unlink()
    foreign_seal.seal(sealed)

    own, foreign = bare.ask(
        *([sealed / BUNDLE, "--certificate", seal.certificate_path, "--json"] for seal in (own_seal, foreign_seal))
    )

    assert (own.code, foreign.code) == (5, 0)
    assert verify(sealed / BUNDLE, trust=foreign_seal.trust).valid
    assert not verify(sealed / BUNDLE, trust=own_seal.trust).valid


def test_figures_that_the_holder_of_the_key_made_up(sealed: Path, bare: Bare, own_seal: Seal) -> None:
    """Every signature but the PDF's is good: computing again tells which figures were made up."""
    _put(sealed, signed_by(flattered(read_directory(sealed)), own_seal))

    (said,) = bare.ask([sealed, "--certificate", own_seal.certificate_path, "--json"])

    assert said.failures >= {("measurements", EVIDENCE), ("pdf-attachments", REPORT_PDF)}
    assert ("attestation-signature", ATTESTATION) not in said.failures
    assert not verify(sealed, trust=own_seal.trust).valid


def _packed(sealed: Path, change: Callable[[Files], object], directory: Path) -> Path:
    held = read_bundle((sealed / BUNDLE).read_bytes())
    change(held)
    bundle = directory / "changed.zip"
    bundle.write_bytes(pack(held))
    return bundle


@pytest.mark.parametrize(
    ("change", "question", "subject"),
    [
        (lambda held: held.update({"approved.txt": b"yes"}), "file-unbound", "approved.txt"),
        (lambda held: held.update({"samples/more.csv": b"a\n"}), "file-unbound", "samples/more.csv"),
        (lambda held: held.pop("samples/canary.csv"), "file-digest", "samples/canary.csv"),
        (lambda held: held.update({"trust/seal.crt.pem": b"none"}), "file-unbound", "trust/seal.crt.pem"),
        (lambda held: held.pop(ATTESTATION), "attestation-signature", ATTESTATION),
        (lambda held: held.pop(EVIDENCE), "readable", "changed.zip"),
    ],
    ids=["a file more", "a series more", "a file less", "another certificate", "no attestation", "no evidence"],
)
def test_a_bundle_that_was_packed_again(
    change: Callable[[Files], object],
    question: str,
    subject: str,
    sealed_once: Path,
    bare: Bare,
    own_seal: Seal,
    tmp_path: Path,
) -> None:
    bundle = _packed(sealed_once, change, tmp_path)

    (said,) = bare.ask([bundle, "--certificate", own_seal.certificate_path, "--json"])

    assert not verify(bundle, trust=own_seal.trust).valid
    assert said.code == 5
    assert (question, subject) in said.failures


def test_instructions_are_not_signed_and_only_the_product_knows_their_words(
    sealed_once: Path, bare: Bare, own_seal: Seal, tmp_path: Path
) -> None:
    bundle = _packed(sealed_once, lambda held: held.update({"VERIFY.md": b"trust me"}), tmp_path)

    (said,) = bare.ask([bundle, "--certificate", own_seal.certificate_path])

    assert not verify(bundle, trust=own_seal.trust).valid
    assert "(VERIFY.md: it is not signed: rely on no word or command of it)" in said.out


HOSTILE: dict[str, bytes] = {
    "deep": b"[" * 200_000,
    "number": b'{"signature":' + b"9" * 10_000 + b"}",
    "list": b"[]",
    "surrogate": b'{"signature":"\\ud800"}',
    "infinite": b'{"signature":NaN}',
    "terminal": b'{"run_id":"\\u001b[2J","judgement":{"verdict":"passed"}}',
}


def test_hostile_evidence_gives_an_answer_and_never_a_traceback(
    sealed_once: Path, bare: Bare, own_seal: Seal, tmp_path: Path
) -> None:
    cases = [(name, file) for name in HOSTILE for file in (EVIDENCE, PLAN, ATTESTATION)]
    runs = [_put(_linked(sealed_once, tmp_path / f"{name} as {file}"), {file: HOSTILE[name]}) for name, file in cases]

    said = bare.ask(*([run, "--certificate", own_seal.certificate_path] for run in runs))

    assert [answer.code for answer in said] == [5] * len(runs)
    assert not any("\x1b" in answer.out or "Traceback" in answer.out + answer.err for answer in said)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["nowhere.zip", "--certificate", "CERTIFICATE"], "there is no such file"),
        (["RUN"], "--certificate is needed"),
        (["RUN", "--certificate", "RUN/plan.json"], "can be read"),
        (["RUN", "--certificate", "CERTIFICATE", "--register-key", "CERTIFICATE"], "can be read"),
        ([], "path"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], wanted: str, sealed_once: Path, bare: Bare, own_seal: Seal) -> None:
    blanks = {"RUN": str(sealed_once), "CERTIFICATE": str(own_seal.certificate_path)}
    for blank, value in blanks.items():
        arguments = [argument.replace(blank, value) for argument in arguments]

    (said,) = bare.ask(arguments)

    assert said.code == 2
    assert wanted in said.err


def _answers_after_the_end(entries: list[Entry]) -> list[Entry]:
    """Every probe answered long after everything was over: figures would end before they begin."""
    late = {"finished_us": entries[-1].mono_us + 3_600_000_000}
    return [
        entry.model_copy(update={"event": entry.event.model_copy(update=late)})
        if isinstance(entry.event, ProbeAnswered)
        else entry
        for entry in entries
    ]


def test_a_journal_of_which_no_figures_come_is_told_and_never_a_traceback(
    sealed: Path, bare: Bare, own_seal: Seal
) -> None:
    forged = retold(read_directory(sealed), _answers_after_the_end)
    with pytest.raises(EvidenceError, match=r"journal\.jsonl: no figures come of it: "):
        read_materials(sources(forged)).compute()
    _put(sealed, signed_by(forged, own_seal))
    (sealed / BUNDLE).unlink()

    report = verify(sealed, trust=own_seal.trust)
    (said,) = bare.ask([sealed, "--certificate", own_seal.certificate_path])
    command = ["verify", str(sealed), "--certificate", str(own_seal.certificate_path)]
    printed = CliRunner().invoke(reprise, command, standalone_mode=False, catch_exceptions=False)

    assert _named(JOURNAL, [f"{check.subject} {check.detail}" for check in report.failures])
    assert not report.valid
    assert (said.code, printed.return_value) == (5, 5)


# Seals with a chain, and time-stamps: noted where they cannot be checked, and never passed over.


def test_what_only_other_certificates_could_show_is_noted(timed: Path, workshop: Workshop, bare: Bare) -> None:
    certificate = _own(workshop, timed)

    run, pdf, bundle = bare.ask(
        *([timed / place, "--certificate", certificate, "--json"] for place in ("", REPORT_PDF, BUNDLE))
    )

    assert [(said.code, said.failures) for said in (run, pdf, bundle)] == [(0, set())] * 3
    assert {("issuer", EVIDENCE), ("level", EVIDENCE), ("time-stamp", REPORT_PDF)} <= _noted(pdf)
    for said in (run, bundle):
        assert _noted(said) >= _noted(pdf) | {("time-stamp", ATTESTATION)}


def test_nothing_of_it_is_noted_of_a_seal_that_has_none_of_it(sealed_once: Path, bare: Bare, own_seal: Seal) -> None:
    (said,) = bare.ask([sealed_once, "--certificate", own_seal.certificate_path, "--json"])

    assert said.code == 0
    assert not {question for question, _ in _noted(said)} & {"issuer", "level", "time-stamp", "archive"}


def test_a_time_stamp_that_was_taken_away_is_missed(timed: Path, workshop: Workshop, bare: Bare) -> None:
    bundle = json.loads((timed / ATTESTATION).read_bytes())
    del bundle["verificationMaterial"]["timestampVerificationData"]
    _put(timed, {ATTESTATION: rfc8785.dumps(bundle)})

    (said,) = bare.ask([timed, "--certificate", _own(workshop, timed), "--json"])

    assert said.code == 5
    assert said.failures == {("time-stamp", ATTESTATION)}


def test_the_issuers_certificate_is_not_the_seals(timed: Path, workshop: Workshop, bare: Bare) -> None:
    root = timed / "root.pem"
    root.write_bytes(certificate_pem(workshop.seal_roots[0]))

    (said,) = bare.ask([timed, "--certificate", root, "--json"])

    assert said.code == 5
    assert ("certificate", EVIDENCE) in said.failures


@pytest.mark.parametrize("continued", [True, False], ids=["continued", "another"])
def test_an_archived_report_must_begin_with_the_sealed_one(
    continued: bool, timed: Path, workshop: Workshop, bare: Bare
) -> None:
    archived = workshop.archive((timed / REPORT_PDF).read_bytes(), workshop.sealer("p256"))
    _put(timed, {ARCHIVED: archived if continued else archived[:9] + b"x" + archived[10:]})

    (said,) = bare.ask([timed, "--certificate", _own(workshop, timed), "--json"])

    assert ("archive", ARCHIVED) in _noted(said)
    assert said.failures == (set() if continued else {("archive", ARCHIVED)})


def _noted(said: Said) -> set[tuple[str, str]]:
    return {(c["check"], c["subject"]) for c in said.document["checks"] if c["status"] == "noted"}


def _own(workshop: Workshop, directory: Path) -> Path:
    """The certificate of the seal itself, beside the run and no part of it."""
    place = directory / ".own.pem"
    place.write_bytes(certificate_pem(workshop.pki.certificate("seals", "p256")))
    return place
