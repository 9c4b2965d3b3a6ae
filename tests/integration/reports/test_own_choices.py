"""What an organisation chose for its evidence, and what somebody who has not its files can still verify."""

import json
from pathlib import Path

import pytest

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import Language
from reports.catalogue import OwnText, load_catalogue
from reports.envelope import build_statement, sign_statement
from reports.evidence import Evidence, parse_evidence
from reports.layout import ATTESTATION, EVIDENCE, REPORT_HTML, VERDICT, read_directory, sources
from reports.recompute import check_contents
from reports.render import render_page
from reports.scan import NO_RULES_OF_OUR_OWN, OwnRules, find, scan
from reports.seal import seal
from reports.verification import Check, CheckCode, Status
from reports.verify import verify
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.planted import OWN

OWN_FILE = OwnText(
    name="catalogue/own.yml",
    content="""\
format: reprise/catalogue/v1
version: "3"
frameworks:
  own-policy:
    title: {fr: Politique interne de sauvegarde, en: Internal backup policy}
    controls: {P-1: {fr: Preuves signées, en: Signed evidence}}
    common: [{control: P-1, basis: source}]
""".encode(),
)


def checks_of(run: Path, own_seal: Seal, *, code: CheckCode, evidence: Evidence | None = None) -> list[Check]:
    files = read_directory(run)
    said = evidence or parse_evidence(files[EVIDENCE])
    found = check_contents(files, evidence=said, certificate=own_seal.certificate, trust=own_seal.trust)
    return [check for check in found if check.code is code]


@pytest.fixture(scope="module")
def chosen(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is sealed with own rules, two optional frameworks and an own file."""
    run = write_run(tmp_path_factory.mktemp("chosen") / "run")
    seal(
        run,
        sealer=own_seal.sealer,
        language=Language.FRENCH,
        own=OWN,
        catalogue=load_catalogue(frameworks=["pgssi-s", "recyf"], files=[OWN_FILE]),
    )
    return run


def test_evidence_says_which_rules_and_files_were_used_and_holds_none_of_them(chosen: Path) -> None:
    content = (chosen / EVIDENCE).read_bytes()
    evidence = parse_evidence(content)
    assert [(one.name, one.sha256) for one in evidence.scan.patterns] == [("ipp", sha256(rb"(?i)ipp\d{8}"))]
    assert evidence.scan.names is not None
    assert evidence.scan.names.count == 1
    assert [(one.name, one.version, one.sha256) for one in evidence.mapping.own] == [
        ("catalogue/own.yml", "3", sha256(OWN_FILE.content))
    ]
    assert b"kowalczyk" not in content.lower()
    assert rb"\\d{8}" not in content


def test_the_report_prints_the_chosen_frameworks_in_words_and_no_bare_number(chosen: Path) -> None:
    page = (chosen / REPORT_HTML).read_text(encoding="utf-8")
    for words in ("PGSSI-S", "ReCyF v2.5", "Politique interne de sauvegarde", "Preuves signées"):
        assert words in page
    assert "SecNumCloud" not in page
    assert "sauvegarde des données de santé" in page


def test_somebody_without_the_own_files_verifies_all_the_rest_and_is_told(chosen: Path, own_seal: Seal) -> None:
    report = verify(chosen / "bundle.zip", trust=own_seal.trust)
    assert report.valid
    assert report.failures == ()
    noted = {check.code: check.detail for check in report.checks if check.status is Status.NOTED}
    assert noted == {
        CheckCode.TIMESTAMP: "none was asked for",
        CheckCode.REGISTER: "nothing shows that the run was entered in a register",
        CheckCode.SCAN: "the organisation's own rules are not known here: pattern ipp, 1 names of people",
        CheckCode.EVIDENCE: "the organisation's own catalogue is not known here: "
        f"catalogue/own.yml 3 ({sha256(OWN_FILE.content)[:12]})",
    }


def test_chosen_frameworks_alone_are_made_again_and_compared(own_seal: Seal, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", story=Story.REFUSED)
    catalogue = load_catalogue(frameworks=["dora"])
    seal(
        run,
        sealer=own_seal.sealer,
        language=Language.ENGLISH,
        catalogue=catalogue,
    )
    (check,) = checks_of(run, own_seal, code=CheckCode.EVIDENCE)
    assert check.status is Status.OK
    said = parse_evidence((run / EVIDENCE).read_bytes())
    for kept in (said.mapping.frameworks[1:], said.mapping.frameworks[:-1]):
        mapping = said.mapping.model_copy(update={"frameworks": kept})
        (check,) = checks_of(
            run, own_seal, code=CheckCode.EVIDENCE, evidence=said.model_copy(update={"mapping": mapping})
        )
        assert (check.status, check.detail) == (Status.FAILED, "it differs in mapping")


def test_a_scan_by_other_rules_is_compared_as_far_as_it_can_be(chosen: Path, own_seal: Seal) -> None:
    said = parse_evidence((chosen / EVIDENCE).read_bytes())
    other = said.model_copy(update={"scan": said.scan.model_copy(update={"rules": "2031.1"})})
    files, rules = checks_of(chosen, own_seal, code=CheckCode.SCAN, evidence=other)
    assert (files.status, rules.status) == (Status.OK, Status.NOTED)
    assert rules.detail == "scanned by rules 2031.1, here 2026.2"
    fewer = other.scan.model_copy(update={"files": other.scan.files[1:]})
    files, _ = checks_of(chosen, own_seal, code=CheckCode.SCAN, evidence=other.model_copy(update={"scan": fewer}))
    assert (files.status, files.detail) == (Status.FAILED, "other files were scanned")


def test_a_run_that_was_signed_with_what_the_rules_find_fails(own_seal: Seal, tmp_path: Path) -> None:
    """Somebody who has the key and a scan of his own that finds nothing."""
    run = write_run(tmp_path / "run", story=Story.REFUSED)
    (run / "samples").mkdir()
    own_seal.seal(run)
    (run / "samples" / "left.csv").write_text("1 85 05 78 006 084 91\n", encoding="utf-8")
    files = read_directory(run)
    said = parse_evidence(files[EVIDENCE])
    scanned = scan({**sources(files), "samples/left.csv": b""})
    named = tuple(one.model_copy(update={"sha256": sha256(files[one.name])}) for one in scanned.files)
    forged = said.model_copy(update={"scan": scanned.model_copy(update={"files": named})})
    made = {**files, EVIDENCE: canonical(forged), REPORT_HTML: render_page(forged).encode()}
    made.pop(ATTESTATION)
    attested = sign_statement(build_statement(forged, files=made), signer=own_seal.signer)
    for name, content in (made | {ATTESTATION: attested}).items():
        (run / name).write_bytes(content)
    report = verify(run, trust=own_seal.trust)
    failures = {check.code: check.detail for check in report.failures}
    assert failures[CheckCode.SCAN].endswith("nothing signed: samples/left.csv line 1 (nir)")


@pytest.mark.parametrize("own", [NO_RULES_OF_OUR_OWN, OWN], ids=["no rules of its own", "own rules"])
def test_nothing_that_sealing_writes_is_a_hit(own: OwnRules, sealed_once: Path, chosen: Path) -> None:
    """False alarms: none in a whole sealed run, its page and its evidence included."""
    for run in (sealed_once, chosen):
        files = {name: content for name, content in read_directory(run).items() if name.endswith(_SCANNED)}
        assert {VERDICT, EVIDENCE, REPORT_HTML} <= files.keys()
        assert find(files, own=own) == ()
        assert json.loads(files[EVIDENCE])["scan"]["hits"] == 0


_SCANNED = ("journal.jsonl", "plan.json", "drill.yml", ".csv", VERDICT, EVIDENCE, REPORT_HTML)
