"""What is said of a run, in both languages, as its report says it: from runs on disk, of every outcome."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.core.model import Language
from orchestrator.core.occasions import Message, OccasionName
from orchestrator.core.plan import Plan
from orchestrator.errors import ExitCode
from orchestrator.testing import example_plan, tabletop_plan
from reports.evidence import Evidence
from reports.register.programme import DueState
from reports.scan import find
from reports.telling.messages import KEPT_FOR, build_message
from reports.telling.occasions import DrillOwed, Occasion, RunBegins, RunEnded, RunUnsealed, SchedulerChanged
from reports.words import load_words
from tests.evident import evidence_of
from tests.integration.reports.example_run import RUN_ID, Story, write_run
from tests.integration.telling.conftest import Home

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
REPORT = f"runs/{RUN_ID}/report.pdf"


def said(occasion: Occasion, language: Language = Language.ENGLISH) -> Message:
    return build_message(occasion, language=language, project="demo", now=NOON, message_id="1")


def plain(text: str) -> str:
    """With ordinary spaces: those of the page are not what is asked for here."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def ended(directory: Path, story: Story) -> RunEnded:
    return RunEnded(evidence=evidence_of(write_run(directory / "run", story=story)), report=REPORT)


ENDINGS = {
    Story.PASSED: ((OccasionName.PASSED,), "conforme —"),
    Story.GAPS: ((OccasionName.PASSED_WITH_GAPS,), "conforme avec écarts —"),
    Story.FAILED: ((OccasionName.FAILED,), "NON CONFORME —"),
    Story.INCONCLUSIVE: ((OccasionName.INCONCLUSIVE,), "non concluant —"),
    Story.REFUSED: ((OccasionName.REFUSED,), "refusé par le garde-fou —"),
    Story.STOPPED: ((OccasionName.ABORTED,), "interrompu —"),
}


@pytest.mark.parametrize("story", ENDINGS)
def test_every_ending_has_its_name_its_verdict_and_its_report(tmp_path: Path, story: Story) -> None:
    names, words = ENDINGS[story]
    message = said(ended(tmp_path, story), Language.FRENCH)
    assert message.occasions == names
    assert plain(message.subject) == f"[reprise] demo : {words} Restauration d’une base PostgreSQL perdue (dpi)"
    verdict = load_words(Language.FRENCH)(f"sentence.{names[-1]}")
    assert verdict in message.text
    assert plain(message.text).endswith(f"Rapport, dans le répertoire du projet : {REPORT}\n")
    assert (message.run_id, message.drill, message.system) == (RUN_ID, "postgresql-restore", "dpi")
    assert message.expires_at == NOON + KEPT_FOR


def test_figures_stand_against_their_objectives_with_their_bounds(tmp_path: Path) -> None:
    message = said(ended(tmp_path, Story.PASSED))
    assert "Observed RTO: between 9.26 s and 9.32 s; objective: 15 min (objective kept)" in plain(message.text)
    assert "Observed RPO: between 46 ms and 151 ms; objective: 1 min (objective kept)" in plain(message.text)
    rto, rpo = message.figures
    assert (rto.quantity, rto.objective, rto.met) == ("rto", 900_000_000, True)
    assert rpo.value is not None
    assert rpo.value.upper is not None
    assert 0 < rpo.value.lower < rpo.value.upper < 151_000


def test_causes_are_said_as_the_report_says_them(tmp_path: Path) -> None:
    text = plain(said(ended(tmp_path, Story.FAILED), Language.FRENCH).text)
    assert "Constats (2) :\n- Le contrôle « Lignes et empreintes identiques à la source » a échoué." in text


def test_a_detail_that_the_sentence_says_already_is_not_said_twice(tmp_path: Path) -> None:
    run = ended(tmp_path, Story.FAILED)
    first = run.evidence.judgement.findings[0].model_copy(update={"detail": "Rows and digests"})
    judgement = run.evidence.judgement.model_copy(update={"findings": (first,)})
    text = said(RunEnded(evidence=run.evidence.model_copy(update={"judgement": judgement}), report=REPORT)).text
    assert "- The check “Rows and digests identical to the source” failed.\n" in text


def test_many_findings_are_counted(tmp_path: Path) -> None:
    message = said(ended(tmp_path, Story.KILLED))
    lines = [line for line in message.text.splitlines() if line.startswith("- ")]
    assert (len(lines), lines[-1]) == (9, "- and 4 more, in the report")


def dirty(evidence: Evidence) -> Evidence:
    judgement = evidence.judgement.model_copy(update={"cleanup_failed": True, "exit_code": ExitCode.CLEANUP})
    return evidence.model_copy(update={"judgement": judgement})


def test_targets_that_are_not_clean_go_before_the_verdict(tmp_path: Path) -> None:
    run = ended(tmp_path, Story.PASSED)
    message = said(RunEnded(evidence=dirty(run.evidence), report=REPORT))
    assert message.occasions == (OccasionName.CLEANUP_FAILED, OccasionName.PASSED)
    assert message.subject.startswith("[reprise] demo: CLEANUP NOT ESTABLISHED, passed — ")
    assert "The cleanup is not established: look at the targets before anything else." in message.text


def test_evidence_that_could_not_be_sealed_says_how_to_seal_it(tmp_path: Path) -> None:
    evidence = ended(tmp_path, Story.PASSED).evidence
    message = said(RunUnsealed(plan=evidence.plan, judgement=evidence.judgement))
    assert message.occasions == (OccasionName.UNSEALED, OccasionName.PASSED)
    assert f"reprise seal {RUN_ID}" in message.text


@pytest.mark.parametrize(
    ("plan", "words"),
    [(example_plan(), "Its staging targets are about to be broken"), (tabletop_plan(), "no host is touched")],
    ids=["hosts", "people"],
)
def test_a_beginning_says_whether_anything_is_broken(plan: Plan, words: str) -> None:
    assert words in said(RunBegins(plan=plan)).text


def test_dates_say_what_can_still_be_done(home: Home) -> None:
    due_at = NOON - timedelta(days=1)
    overdue, missed = (home.owed(state, due_at=due_at) for state in (DueState.OVERDUE, DueState.MISSED))
    assert "It may still begin until 30 November 2026 at 13:00:00" in plain(said(DrillOwed(owed=overdue)).text)
    text = plain(said(DrillOwed(owed=missed)).text)
    assert "Entered in the register, entry 12." in text
    assert "To do it: reprise run postgresql-restore." in text


def test_a_scheduler_that_stops_says_that_nothing_begins_by_itself() -> None:
    stopped = SchedulerChanged(name=OccasionName.SCHEDULER_STOPPED, next_at=NOON, running=("restore-dpi",))
    text = plain(said(stopped).text)
    assert "no drill begins by itself any more" in text
    assert "Drills that run: restore-dpi" in text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("story", Story)
def test_no_message_holds_what_evidence_must_not_hold(tmp_path: Path, story: Story, language: Language) -> None:
    message = said(ended(tmp_path, story), language)
    assert find({"message": f"{message.subject}\n{message.text}".encode()}) == ()
