from pathlib import Path

from orchestrator.adapters.probes.command import CommandQuestion
from orchestrator.adapters.probes.erased import Ledger, LedgerQuestion, about
from orchestrator.adapters.probes.files import FilesQuestion
from orchestrator.adapters.probes.postgresql import PostgresqlQuestion
from orchestrator.adapters.probes.postgresql_digest import PostgresqlDigestQuestion
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.probes.tcp import TcpQuestion
from orchestrator.core.definition import parse_drill
from orchestrator.core.drill import Drill
from orchestrator.core.model import Phase
from orchestrator.core.step_definition import PlaybookStep, ProbeStep
from orchestrator.plugins import bundled_content

QUESTIONS: dict[str, type[Question]] = {
    "command": CommandQuestion,
    "files": FilesQuestion,
    "postgresql": PostgresqlQuestion,
    "postgresql-digest": PostgresqlDigestQuestion,
    "tcp": TcpQuestion,
}
FILE = bundled_content() / "drills" / "postgresql-restore.yml"


def drill() -> Drill:
    return parse_drill(FILE.read_text(encoding="utf-8"), file=FILE.name)


def probes() -> list[ProbeStep]:
    return [step for step in drill().steps if isinstance(step, ProbeStep)]


def test_every_question_of_the_drill_makes_sense_to_its_probe() -> None:
    for step in probes():
        resolved = {key.removesuffix("_env"): value for key, value in step.with_.items()}
        if "dsn" in resolved:
            resolved["dsn"] = "host=h"
        if "erased" in resolved:
            read_question(LedgerQuestion, resolved["erased"], probe="erased")
            resolved = about(resolved, Ledger(ids=("1",), sha256="0" * 64))
        asked = read_question(QUESTIONS[step.probe], resolved, probe=step.probe)
        assert isinstance(asked, QUESTIONS[step.probe])


def test_every_playbook_of_the_drill_is_there() -> None:
    names = {step.playbook for step in drill().steps if isinstance(step, PlaybookStep)}
    assert {name for name in names if not Path(FILE.parent.parent, "playbooks", name).is_file()} == set()


def test_every_step_has_a_title_in_both_languages() -> None:
    assert [step.id for step in drill().steps if step.title is None] == []


def test_the_context_that_an_auditor_asks_for_is_given() -> None:
    context = drill().context
    given = (context.scope, context.exclusions, context.scenario, context.assumptions, context.criteria)
    assert all((*given, context.abort_criteria, context.representativeness))


def test_nothing_is_disrupted_before_the_restore_host_is_known_to_be_empty() -> None:
    empty = {step.id for step in probes() if step.phase is Phase.PREPARE and step.expect is not None}
    assert {"nothing-listens", "nothing-stored"} <= empty


def test_every_check_asks_the_restored_copy_and_not_the_source() -> None:
    for check in drill().checks():
        assert check.with_.get("dsn_env") == "RESTORED_DSN" or check.with_.get("host") == "restore_target"
