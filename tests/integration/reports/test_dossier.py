"""A whole year in one audit file: what it says in both languages, and that it verifies, here and by other programs."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError, UsageError
from reports.assessment import Trust
from reports.dossier.bundles import read_run
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.layout import DOSSIER_JSON, DOSSIER_PDF, DOSSIER_ZIP
from reports.dossier.lines import Standing
from reports.dossier.programme import Fate
from reports.dossier.render import render_dossier
from reports.dossier.seal import SealedDossier, Sources, seal_dossier
from reports.dossier.verify import is_dossier, verify_dossier
from reports.layout import read_bundle
from reports.pades import read_attachments
from reports.register.entries import RunAnnotated, Topic
from reports.verification import CheckCode, Status
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_register import Register
from tests.integration.reports.example_year import Year, live_a_year, scope
from tests.integration.reports.tampered_pdf import flip
from tests.integration.reports.test_tampering import failures


@pytest.fixture(scope="session")
def year(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Only to be read."""
    return live_a_year(tmp_path_factory.mktemp("year"), own_seal)


@pytest.fixture(scope="session")
def french(year: Year, tmp_path_factory: pytest.TempPathFactory) -> SealedDossier:
    """The year's dossier. Only to be read."""
    return year.make(tmp_path_factory.mktemp("dossier") / "fr", language=Language.FRENCH)


@pytest.fixture(scope="session")
def dossier(french: SealedDossier) -> Dossier:
    """What the archive says."""
    with zipfile.ZipFile(french.archive) as archive:
        return parse_dossier(archive.read(DOSSIER_JSON))


def fate(dossier: Dossier, drill: str, month: int) -> Fate:
    """What became of the drill that was due in a month."""
    return next(one.fate for one in dossier.programme.occurrences if (one.drill, one.due_at.month) == (drill, month))


def test_every_planned_drill_has_its_fate(dossier: Dossier) -> None:
    assert [fate(dossier, "restore-dpi", month) for month in (3, 6, 9, 12)] == [
        Fate.ON_TIME,
        Fate.ON_TIME,
        Fate.ON_TIME,
        Fate.OPEN,
    ]
    assert [fate(dossier, "pitr-labo", month) for month in (3, 6, 9, 12)] == [
        Fate.FAILED,
        Fate.LATE,
        Fate.ON_TIME,
        Fate.TO_COME,
    ]
    assert [fate(dossier, "failover-pacs", month) for month in (3, 6, 9, 12)] == [
        Fate.MISSED,
        Fate.WAIVED,
        Fate.UNPROVED,
        Fate.TO_COME,
    ]
    assert sum(dossier.counts.fates.values()) == dossier.counts.planned == 12


def test_only_proof_counts_as_a_test(dossier: Dossier, year: Year) -> None:
    standing = {run.run_id: run.standing for run in dossier.runs}
    assert standing[year.runs["open"].name] is Standing.OPEN
    assert standing[year.runs["refused"].name] is Standing.PROVED
    assert {one.system for one in dossier.coverage.untested_systems} == {"archives", "pacs"}
    assert dossier.coverage.indicators[0].systems == 4
    assert dossier.coverage.indicators[0].tested == 2
    assert "failover" in dossier.coverage.untested_kinds
    assert "backup-restore" not in dossier.coverage.untested_kinds


def test_what_follows_a_drill_is_told(dossier: Dossier) -> None:
    actions = {action.id: (action.state, action.overdue) for action in dossier.follow_up.actions}
    assert actions == {"debit": ("done", False), "procedure": ("open", True)}
    separated = {one.separated for one in dossier.follow_up.approvals if one.approvers}
    assert separated == {True, False}
    assert any(gap.cleared_by for gap in dossier.follow_up.gaps)
    assert any(gap.cleared_by is None for gap in dossier.follow_up.gaps)


def test_a_dossier_verifies_as_an_archive_and_as_a_document(french: SealedDossier, own_seal: Seal) -> None:
    archive = verify_dossier(french.archive, trust=own_seal.trust)
    pdf = verify_dossier(french.pdf, trust=own_seal.trust)

    assert archive.failures == pdf.failures == ()
    assert archive.valid
    assert pdf.valid
    assert archive.run_id is None
    redrawn = [check for check in archive.checks if check.code is CheckCode.PDF_REDRAWN]
    assert [check.status for check in redrawn] == [Status.OK]


def test_it_is_known_by_what_is_inside(french: SealedDossier, year: Year) -> None:
    assert is_dossier(french.archive)
    assert is_dossier(french.pdf)
    assert not is_dossier(year.runs["passed"] / "bundle.zip")
    assert not is_dossier(year.runs["passed"] / "report.pdf")
    assert not is_dossier(year.runs["passed"] / "journal.jsonl")


def test_nothing_is_valid_without_trust(french: SealedDossier, foreign_seal: Seal) -> None:
    for trusted in ([], [foreign_seal.certificate]):
        for path in (french.archive, french.pdf):
            report = verify_dossier(path, trust=Trust(certificates=tuple(trusted)))
            assert not report.valid
            assert CheckCode.CERTIFICATE in {check.code for check in report.failures}


def test_the_same_sources_give_the_same_document(year: Year, french: SealedDossier, tmp_path: Path) -> None:
    again = year.make(tmp_path / "again", language=Language.FRENCH)

    with zipfile.ZipFile(french.archive) as one, zipfile.ZipFile(again.archive) as other:
        assert one.namelist() == other.namelist() == sorted(one.namelist())
        assert one.read(DOSSIER_JSON) == other.read(DOSSIER_JSON)
    assert parse_dossier(read_attachments(again.pdf.read_bytes())[DOSSIER_JSON]) == again.dossier


def test_in_english_it_says_the_same(year: Year, french: SealedDossier, own_seal: Seal, tmp_path: Path) -> None:
    english = year.make(tmp_path / "en", language=Language.ENGLISH)

    assert verify_dossier(english.archive, trust=own_seal.trust).valid
    assert english.dossier.counts == french.dossier.counts
    page = render_dossier(english.dossier)
    assert 'lang="en"' in page
    assert "Restore of the patient record" in page
    assert "What was not tested" in page


def test_the_page_says_what_an_auditor_must_not_miss(french: SealedDossier, year: Year) -> None:
    page = render_dossier(french.dossier)
    for words in (
        "commencé, sans fin",
        "non levé",
        "ouverte, en retard",
        "Reprise d’activité",
        "ne vaut ni certificat",
        "Fraîcheur et intégrité des sauvegardes",
        "déménagement du site de secours",
        year.runs["refused"].name,
    ):
        assert words in page
    for claim in ("conforme HDS", "certifié HDS", "périmètre 5", "Périmètre 6"):
        assert claim not in page


def test_other_programs_agree(french: SealedDossier, tmp_path: Path) -> None:
    signature = subprocess.run(
        ["pdfsig", "-nocert", str(french.pdf)], capture_output=True, text=True, check=True
    ).stdout
    assert "Signature is Valid" in signature
    assert "Total document signed" in signature
    subprocess.run(["qpdf", "--check", str(french.pdf)], capture_output=True, check=True)
    subprocess.run(["pdfdetach", "-saveall", "-o", str(tmp_path), str(french.pdf)], capture_output=True, check=True)
    assert parse_dossier((tmp_path / DOSSIER_JSON).read_bytes()) == french.dossier


def follow(directory: Path, language: Language) -> subprocess.CompletedProcess[str]:
    """Every command of the `VERIFY.md` of an unpacked dossier, in one language: the indented lines.

    `reprise` itself, which is indented less, is not asked.
    """
    guides = (directory / "VERIFY.md").read_text(encoding="utf-8").split("\n# ")
    guide = guides[0 if guides[0].startswith("# Vérifier") == (language is Language.FRENCH) else 1]
    lines = [line[8:] for line in guide.splitlines() if line.startswith("        ")]

    command = ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(lines)]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("language", Language)
def test_the_instructions_can_be_followed(language: Language, french: SealedDossier, tmp_path: Path) -> None:
    shutil.unpack_archive(french.archive, tmp_path)

    ran = follow(tmp_path, language)

    assert "tsa.pem" not in (tmp_path / "VERIFY.md").read_text(encoding="utf-8")
    assert ran.returncode == 0, ran.stderr
    assert "Verified OK" in ran.stdout
    exact, whole, broken = (
        ("empreintes exactes", "chaîne entière", "rompue")
        if language is Language.FRENCH
        else ("digests exact", "chain whole", "broken")
    )
    assert exact in ran.stdout
    assert whole in ran.stdout
    assert broken not in ran.stdout


def test_a_period_without_a_drill_is_a_dossier_that_says_so(own_seal: Seal, tmp_path: Path) -> None:
    empty = Sources(bundles={}, register=b"", checkpoint=None)
    made = seal_dossier(
        tmp_path,
        scope=scope().model_copy(update={"drills": ()}),
        sources=empty,
        sealer=own_seal.sealer,
        trust=own_seal.trust,
    )

    assert made.dossier.counts.runs == made.dossier.counts.planned == 0
    assert not made.dossier.coverage.indicators[0].met
    page = render_dossier(made.dossier)
    assert "Rien n’a été testé dans cette période." in page
    assert "aucun point de contrôle du registre" in page
    report = verify_dossier(made.archive, trust=own_seal.trust)
    assert report.valid
    assert (CheckCode.REGISTER_ROOT, Status.NOTED) in {(check.code, check.status) for check in report.checks}


def test_a_report_that_does_not_verify_is_named_and_counts_for_nothing(
    year: Year, own_seal: Seal, tmp_path: Path
) -> None:
    name = year.runs["passed"].name
    whole = year.bundles[name]()
    bundles = {**year.bundles, name: lambda: flip(whole, len(whole) // 2)}

    made = year.make(
        tmp_path,
        language=Language.FRENCH,
        sources=Sources(bundles=bundles, register=year.register.content, checkpoint=None),
    )

    run = next(run for run in made.dossier.runs if run.run_id == name)
    assert run.standing is Standing.INVALID
    assert not run.counts
    assert made.dossier.counts.fates[Fate.ON_TIME] == 3
    assert "ne se vérifie pas" in render_dossier(made.dossier)
    # It is the truth about a bad report, and so the dossier itself is good.
    assert verify_dossier(made.archive, trust=own_seal.trust).valid


def test_a_report_that_the_register_does_not_know_counts_for_nothing(
    year: Year, own_seal: Seal, tmp_path: Path
) -> None:
    register = Register()
    for name in ("passed", "gaps"):
        register.enter_run(year.runs[name])
    sources = Sources(bundles=year.bundles, register=register.content, checkpoint=register.checkpoint())

    made = year.make(tmp_path, language=Language.FRENCH, sources=sources)

    standing = {run.run_id: run.standing for run in made.dossier.runs}
    assert standing[year.runs["passed"].name] is Standing.PROVED
    assert standing[year.runs["in-time"].name] is Standing.UNREGISTERED
    assert made.dossier.counts.tested_by == 2
    assert verify_dossier(made.archive, trust=own_seal.trust).valid


def test_a_bundle_that_is_none_is_shown(year: Year, tmp_path: Path) -> None:
    sources = Sources(bundles={"20260101T000000Z-x": lambda: b"no bundle"}, register=b"", checkpoint=None)

    made = year.make(tmp_path, language=Language.FRENCH, sources=sources)

    assert [run.run_id for run in made.dossier.unreadable] == ["20260101T000000Z-x"]
    assert "20260101T000000Z-x" in render_dossier(made.dossier)


def test_a_bundle_under_another_runs_name_does_not_verify(year: Year, own_seal: Seal) -> None:
    content = year.bundles[year.runs["passed"].name]()

    run = read_run(content, run_id="another", trust=own_seal.trust)

    assert not run.valid
    assert read_bundle(content)


def test_a_dossier_is_never_overwritten(year: Year, french: SealedDossier) -> None:
    before = french.archive.read_bytes()

    with pytest.raises(UsageError, match="already there"):
        year.make(french.archive.parent, language=Language.FRENCH)
    assert french.archive.read_bytes() == before


def test_a_register_with_a_broken_chain_makes_no_dossier(year: Year, tmp_path: Path) -> None:
    lines = year.register.content.split(b"\n")
    broken = b"\n".join([*lines[:4], *lines[5:]])

    with pytest.raises(EvidenceError, match="entry 4: it does not follow"):
        year.make(tmp_path, language=Language.FRENCH, sources=Sources(bundles={}, register=broken, checkpoint=None))
    assert not list(tmp_path.iterdir())


def test_health_data_in_the_register_blocks_the_signature(year: Year, tmp_path: Path) -> None:
    register = Register()
    evidence = register.enter_run(year.runs["passed"])
    note = RunAnnotated(run_id=evidence.run_id, topic=Topic.NOTE, by="RSSI", text="vu pour 1 85 05 78 006 084 91")
    register.add(evidence.journal.ended_at, note)

    with pytest.raises(EvidenceError, match=r"register\.jsonl line \d+ /event/text \(nir\)") as refused:
        year.make(
            tmp_path, language=Language.FRENCH, sources=Sources(bundles={}, register=register.content, checkpoint=None)
        )
    assert "084" not in str(refused.value)
    assert not (tmp_path / DOSSIER_PDF).exists()
    assert not (tmp_path / DOSSIER_ZIP).exists()


def test_failures_are_named(french: SealedDossier, own_seal: Seal, tmp_path: Path) -> None:
    cut = tmp_path / "dossier.zip"
    cut.write_bytes(french.archive.read_bytes()[:-1])

    report = verify_dossier(cut, trust=own_seal.trust)

    assert failures(report) == {(CheckCode.READABLE, "dossier.zip")}
