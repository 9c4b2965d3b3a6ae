"""The tamper matrix: whatever is changed, the product and the stand-alone verifier both find it, and name the file.

Somebody who has everything but the key: he may change any byte, and sign anew with a key of his own.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import rfc8785
from click.testing import CliRunner

from orchestrator.cli import reprise
from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import ProbeAnswered
from orchestrator.core.journal import Entry, format_line, parse_journal
from orchestrator.core.model import Interval, Verdict
from orchestrator.errors import EvidenceError
from reports.bundle import build_bundle
from reports.envelope import build_statement, sign_statement
from reports.evidence import Evidence, VerdictDocument, build_evidence, parse_evidence
from reports.keys import certificate_pem
from reports.layout import (
    ARCHIVED,
    ATTESTATION,
    BUNDLE,
    EVIDENCE,
    REPORT_PDF,
    VERDICT,
    pack,
    read_bundle,
    read_directory,
    sources,
)
from reports.materials import JOURNAL, PLAN, read_materials, read_plan
from reports.signing.statement import state_signature
from reports.verify import verify
from tests.integration.reports.bare import Bare, Said
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.test_tampering import FILES, PDF_CHANGES, flip
from tests.integration.reports.workshop import Workshop

Files = dict[str, bytes]
SERVICE = "samples/sql-service.csv"
REGIONS = (0.0, 0.03, 0.21, 0.4, 0.55, 0.77, 0.96, 1.0)


def _flipped(part: float, bit: int) -> Callable[[bytes, bytes], bytes]:
    def change(content: bytes, other: bytes) -> bytes:
        at = round(part * (len(content) - 1))
        return content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :]

    return change


CHANGES: dict[str, Callable[[bytes, bytes], bytes]] = {
    **{f"low bit at {part}": _flipped(part, 1) for part in REGIONS},
    **{f"high bit at {part}": _flipped(part, 128) for part in (0.1, 0.66)},
    "empty": lambda content, other: b"",
    "cut by a byte": lambda content, other: content[:-1],
    "cut in half": lambda content, other: content[: len(content) // 2],
    "a line feed more": lambda content, other: content + b"\n",
    "a blank before": lambda content, other: b" " + content,
    "twice": lambda content, other: content * 2,
    "of another run": lambda content, other: other,
}
ALIKE = {"drill.yml", "samples/canary.csv"}
"""What the other runs have byte for byte: there is nothing to swap."""


@pytest.fixture(scope="module")
def other(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The files of another run, with another outcome, sealed with the same key; the samples are those of a third."""
    run = write_run(tmp_path_factory.mktemp("other") / "run", story=Story.FAILED)
    third = write_run(tmp_path_factory.mktemp("third") / "run", story=Story.STOPPED)
    own_seal.seal(run)
    return read_directory(run) | {SERVICE: (third / SERVICE).read_bytes()}


def _linked(run: Path, place: Path) -> Path:
    """A copy that shares the files which are not written anew."""
    return Path(shutil.copytree(run, place, copy_function=os.link))


def _put(directory: Path, changed: Mapping[str, bytes | None]) -> Path:
    for name, content in changed.items():
        (directory / name).unlink(missing_ok=True)
        if content is not None:
            (directory / name).write_bytes(content)
    return directory


def _cases(sealed: Files, other: Files) -> Iterator[tuple[str, str, dict[str, bytes | None]]]:
    """Name of the case, the file that both must name, and what is changed."""
    for name in FILES:
        yield f"{name}: missing", name, {name: None}
        for label, change in CHANGES.items():
            if (name, label) not in {(alike, "of another run") for alike in ALIKE}:
                yield f"{name}: {label}", name, {name: change(sealed[name], other[name])}


def _named(name: str, texts: list[str]) -> bool:
    return any(name in text for text in texts)


def test_each_region_of_each_file_of_a_run(
    sealed_once: Path, other: Files, bare: Bare, own_seal: Seal, tmp_path: Path
) -> None:
    cases = list(_cases(read_directory(sealed_once), other))
    runs = [_put(_linked(sealed_once, tmp_path / str(n)), changed) for n, (_, _, changed) in enumerate(cases)]

    said = bare.ask(*([run, "--certificate", own_seal.certificate_path, "--json"] for run in runs))

    assert len(cases) == len(FILES) * (len(CHANGES) + 1) - len(ALIKE)
    for (label, name, _), run, answer in zip(cases, runs, said, strict=True):
        report = verify(run, trust=own_seal.trust)
        assert not report.valid, label
        assert _named(name, [f"{c.subject} {c.detail}" for c in report.failures]), (label, report.failures)
        assert answer.code == 5, label
        failed = [c for c in answer.document["checks"] if c["status"] == "failed"]
        assert _named(name, [f"{c['subject']} {c['detail']}" for c in failed]), (label, failed)


@pytest.mark.parametrize("name", [BUNDLE, REPORT_PDF])
def test_each_region_of_one_file_alone(
    name: str, sealed_once: Path, bare: Bare, own_seal: Seal, tmp_path: Path
) -> None:
    content = (sealed_once / name).read_bytes()
    changed = {label: change(content, b"") for label, change in CHANGES.items()}
    changed |= {f"at {part}": flip(content, part * len(content) // 29) for part in range(29)}
    if name == REPORT_PDF:
        changed |= {label: change(content) for label, change in PDF_CHANGES.items()}
    for number, altered in enumerate(changed.values()):
        (tmp_path / f"{number}{Path(name).suffix}").write_bytes(altered)
    places = [tmp_path / f"{number}{Path(name).suffix}" for number in range(len(changed))]

    said = bare.ask(*([place, "--certificate", own_seal.certificate_path] for place in places))

    for label, place, answer in zip(changed, places, said, strict=True):
        assert not verify(place, trust=own_seal.trust).valid, label
        assert (answer.code, answer.err) == (5, ""), label
        assert answer.out.splitlines()[-1].startswith("NOT VALID"), label


# Forgeries: the files hold together, and only the key is another's.


def _chained(entries: list[Entry], *, genesis: str) -> bytes:
    content, previous = b"", genesis
    for number, entry in enumerate(entries):
        line = format_line(entry.model_copy(update={"seq": number, "prev": previous}))
        content, previous = content + line, sha256(line[:-1])
    return content


def _retold(files: Files, tell: Callable[[list[Entry]], list[Entry]]) -> Files:
    """The journal told otherwise, its chain made again."""
    plan = read_plan(files[PLAN])
    entries = list(parse_journal(files[JOURNAL], genesis=plan.digest))
    return files | {JOURNAL: _chained(tell(entries), genesis=plan.digest)}


def _computed_again(files: Files) -> Files:
    """Evidence and verdict as the product itself would make them of these files; still in the name of the own key."""
    before = parse_evidence(files[EVIDENCE])
    materials = read_materials(sources(files))
    evidence = build_evidence(
        materials,
        language=before.language,
        mapping=before.mapping,
        signature=before.signature,
        scan=before.scan,
        registration=before.registration,
        versions=before.versions,
    )
    return _stating(files, evidence)


def _stating(files: Files, evidence: Evidence) -> Files:
    verdict = VerdictDocument(
        run_id=evidence.run_id,
        plan_sha256=evidence.plan_sha256,
        journal_sha256=sha256(files[JOURNAL]),
        judgement=evidence.judgement,
    )
    return files | {EVIDENCE: canonical(evidence), VERDICT: canonical(verdict)}


def _signed(files: Files, seal: Seal) -> Files:
    covered = {name: content for name, content in files.items() if name != ATTESTATION}
    statement = build_statement(parse_evidence(files[EVIDENCE]), files=covered)
    return files | {ATTESTATION: sign_statement(statement, signer=seal.signer)}


def _flattered(files: Files) -> Files:
    """Better figures and no finding, in evidence, verdict and statement together."""
    evidence = parse_evidence(files[EVIDENCE])
    shorter = tuple(
        one.model_copy(update={"value": Interval(lower=0, upper=1)}) for one in evidence.measurements.measurements
    )
    figures = evidence.measurements.model_copy(update={"measurements": shorter})
    judgement = evidence.judgement.model_copy(update={"verdict": Verdict.PASSED, "findings": ()})
    return _stating(files, evidence.model_copy(update={"measurements": figures, "judgement": judgement}))


def _swapped(entries: list[Entry]) -> list[Entry]:
    return [*entries[:40], entries[41], entries[40], *entries[42:]]


FORGERIES: dict[str, Callable[[Files], Files]] = {
    "a line removed": lambda files: _retold(files, lambda entries: entries[:30] + entries[31:]),
    "the last line removed": lambda files: _retold(files, lambda entries: entries[:-1]),
    "lines reordered": lambda files: _retold(files, _swapped),
    "a line twice": lambda files: _retold(files, lambda entries: entries[:30] + entries[29:]),
    "a line removed, evidence made again": lambda files: _computed_again(
        _retold(files, lambda entries: entries[:30] + entries[31:])
    ),
    "lines reordered, evidence made again": lambda files: _computed_again(_retold(files, _swapped)),
    "figures and verdict flattered": _flattered,
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forgery_that_another_key_signed(
    forgery: Callable[[Files], Files], sealed: Path, bare: Bare, own_seal: Seal, foreign_seal: Seal
) -> None:
    forged = _signed(forgery(read_directory(sealed)), foreign_seal)
    own, foreign = (["--certificate", seal.certificate_path] for seal in (own_seal, foreign_seal))
    _put(sealed, forged)
    bundle = sealed / BUNDLE
    _put(sealed, {BUNDLE: build_bundle(forged, certificate=own_seal.certificate)})

    said = bare.ask(*([place, *trusted, "--json"] for place in (sealed, bundle) for trusted in (own, foreign)))

    for place in (sealed, bundle):
        for seal in (own_seal, foreign_seal):
            assert not verify(place, trust=seal.trust).valid
    assert [answer.code for answer in said] == [5, 5, 5, 5]
    assert ("attestation-signature", ATTESTATION) in said[0].failures
    assert ("certificate", EVIDENCE) in said[1].failures


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
    _put(sealed, _signed(_flattered(read_directory(sealed)), own_seal))

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
    retold = _retold(read_directory(sealed), _answers_after_the_end)
    with pytest.raises(EvidenceError, match=r"journal\.jsonl: no figures come of it: "):
        read_materials(sources(retold)).compute()
    _put(sealed, _signed(retold, own_seal))
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
