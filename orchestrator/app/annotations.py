"""What people say of a run once it ended, entered in the register; and the corrective actions that come of it."""

from dataclasses import dataclass
from datetime import date

from pydantic import TypeAdapter, ValidationError

from orchestrator.app.programme import check_texts, required
from orchestrator.app.workplace import Workplace
from orchestrator.core.model import Identifier
from orchestrator.errors import UsageError
from reports.dossier.actions import ActionLine, action_lines
from reports.dossier.chronicle import Chronicle, RunEntries
from reports.register.entries import Action, ActionState, RegisterEntry, RunAnnotated, Topic
from reports.register.log import RegisterLog

LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionWords:
    """What was said of a corrective action; what is None is as it was before."""

    id: str
    owner: str | None = None
    due_on: date | None = None
    state: ActionState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What a person wants entered about a run."""

    run: str
    topic: Topic
    by: str
    text: str
    action: ActionWords | None = None


def annotate(workplace: Workplace, register: RegisterLog, said: Annotation) -> RegisterEntry:
    """Enter what somebody says of a run that ended. Nothing that was sealed changes.

    Raises:
        UsageError: The register does not know the run, or it has not ended; something is missing or cannot be meant.
        EvidenceError: A text holds what evidence must not hold; its place is named, never its value.
    """
    chronicle = Chronicle(register.entries())
    run_id = ended_run(chronicle, said.run)
    event = RunAnnotated(
        run_id=run_id,
        topic=said.topic,
        by=required(said.by, option="--by"),
        text=required(said.text, option="--text", longest=LONGEST_TEXT),
        action=_action(chronicle, run_id, said),
    )
    texts = {"--by": event.by, "--text": event.text} | ({"--owner": event.action.owner} if event.action else {})
    check_texts(workplace, texts)
    return register.append([event])[0]


def list_actions(workplace: Workplace, chronicle: Chronicle) -> tuple[ActionLine, ...]:
    """Every corrective action as it stands: the open ones first, by the day on which they are due."""
    found = action_lines(chronicle, now=workplace.clock.now())
    return tuple(sorted(found, key=lambda one: (one.state is not ActionState.OPEN, one.due_on, one.id)))


def known_run(chronicle: Chronicle, name: str) -> RunEntries:
    """What was entered of the run of this name, of a unique part of it, or `latest`.

    Raises:
        UsageError: The register knows none, or more than one.
    """
    names = chronicle.run_ids()
    exact = [name] if name in names else [known for known in names if name in known]
    found = list(names[-1:]) if name == "latest" else exact
    if len(found) != 1:
        problem = "the register knows no run" if not found else "the register knows more than one run"
        raise UsageError(f"{problem} called {name}", hint=", ".join(found or names[-5:]) or "no drill has been run yet")
    return chronicle.run(found[0])


def ended_run(chronicle: Chronicle, name: str) -> str:
    """The name of a run that was entered as begun and as ended.

    Raises:
        UsageError: There is none, or it is open.
    """
    run = known_run(chronicle, name)
    if run.started is None:
        raise UsageError(f"{name}: the register does not say that it was begun", hint="`reprise seal` enters it")
    if run.ended is None:
        hint = "wait for its end; where it was interrupted, `reprise recover` ends and seals it"
        raise UsageError(f"{run.started.event.run_id}: it is open, nothing says how it ended", hint=hint)
    return run.started.event.run_id


def _action(chronicle: Chronicle, run_id: str, said: Annotation) -> Action | None:
    if said.topic is not Topic.ACTION:
        if said.action is not None:
            raise UsageError("--action, --owner, --due and --state belong to --topic action", hint="say --topic action")
        return None
    if said.action is None:
        raise UsageError("--topic action needs --action ID", hint="its name is kept until it is closed: faster-restore")
    _check_id(said.action.id)
    before = _before(chronicle, run_id, said.action.id)
    return _opened(said.action) if before is None else _changed(before, said.action)


def _opened(said: ActionWords) -> Action:
    if said.owner is None or said.due_on is None:
        raise UsageError(f"{said.id}: a new action needs --owner and --due", hint="--due is a day such as 2026-12-31")
    if said.state not in (None, ActionState.OPEN):
        hint = "`reprise actions` lists those that there are"
        raise UsageError(f"{said.id}: there is no such action of this run that could be closed", hint=hint)
    return Action(id=said.id, owner=required(said.owner, option="--owner"), due_on=said.due_on.isoformat())


def _changed(before: Action, said: ActionWords) -> Action:
    return Action(
        id=said.id,
        owner=before.owner if said.owner is None else required(said.owner, option="--owner"),
        due_on=said.due_on.isoformat() if said.due_on else before.due_on,
        state=said.state or before.state,
    )


def _before(chronicle: Chronicle, run_id: str, name: str) -> Action | None:
    """The action as its last annotation leaves it."""
    told = [one.event.action for one in chronicle.run(run_id).annotations]
    return next((action for action in reversed(told) if action is not None and action.id == name), None)


def _check_id(name: str) -> None:
    try:
        TypeAdapter(Identifier).validate_python(name)
    except ValidationError as error:
        hint = "small letters, digits and single hyphens: faster-restore"
        raise UsageError("--action: it is no name of an action", hint=hint) from error
