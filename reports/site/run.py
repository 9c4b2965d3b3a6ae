"""The page of one run: what its evidence says where that verifies; else why it does not, and no figure at all. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import Identifier, Record, Title
from reports.dossier.actions import ActionLine, Statement
from reports.dossier.lines import RunLine, Standing
from reports.dossier.tables import faults
from reports.layout import BUNDLE, EVIDENCE, REPORT_PDF
from reports.register.entries import ActionState
from reports.site.material import Material
from reports.site.voice import Voice

DOWNLOADED = (REPORT_PDF, BUNDLE, EVIDENCE)
"""What can be downloaded of a run whose evidence verifies, in the order in which it is offered."""


class RunSubject(Record):
    """Everything that a run's page depends on, but for the evidence, which it names by the bundle's digest."""

    organisation: str
    title: Title
    kind: Identifier
    line: RunLine
    statements: tuple[Statement, ...]
    actions: tuple[ActionLine, ...]
    maker: str
    """The digest of the programs that make the page."""

    @property
    def proved(self) -> bool:
        """Whether its evidence may be shown."""
        return self.line.standing is Standing.PROVED

    @property
    def fingerprint(self) -> str:
        """With the same one the page is the same, byte for byte."""
        return sha256(canonical(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that goes with a page."""

    name: str
    size: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionView:
    """A corrective action of this run."""

    text: str
    owner: str
    due: str
    state: str
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is said of a run beside its evidence."""

    run_id: str
    number: int
    title: str
    system: str
    kind: str
    started: str
    requester: str
    tag: str
    ending: str
    standing: str
    faults: str
    lines: str
    retry_of: str | None
    statements: tuple[tuple[str, str, str, str], ...]
    """Topic, date, by whom, text."""
    actions: tuple[ActionView, ...]


def subjects(material: Material, *, titles: Mapping[str, Title], maker: str) -> tuple[RunSubject, ...]:
    """Every run that has a page, the oldest first.

    Args:
        material: What the site is made from.
        titles: What each drill is called.
        maker: The digest of the programs that make pages.
    """
    whole = material.outlook.whole
    statements: dict[str, list[Statement]] = {}
    for one in whole.follow_up.statements:
        statements.setdefault(one.run_id, []).append(one)
    actions: dict[str, list[ActionLine]] = {}
    for action in whole.follow_up.actions:
        actions.setdefault(action.run_id, []).append(action)
    return tuple(
        RunSubject(
            organisation=material.organisation,
            title=titles.get(line.drill) or Title(fr=line.drill, en=line.drill),
            kind=line.kind,
            line=line,
            statements=tuple(statements.get(line.run_id, ())),
            actions=tuple(actions.get(line.run_id, ())),
            maker=maker,
        )
        for line in whole.runs
    )


def build_frame(subject: RunSubject, voice: Voice) -> Frame:
    """Put it in words. What the register says of an unproved run is said to be the register's."""
    line, (tag, ending) = subject.line, voice.whole.ending(subject.line)
    return Frame(
        run_id=line.run_id,
        number=line.number,
        title=subject.title.within(voice.language),
        system=voice.whole.system(line.system),
        kind=voice.whole.kind(line.kind),
        started=voice.write.moment(line.started_at),
        requester=line.requester,
        tag=tag if subject.proved else "plain",
        ending=ending,
        standing=voice.whole.say(f"standing.{line.standing}"),
        faults=faults(voice.whole, line.report) if line.report else "",
        lines=", ".join(map(str, line.lines)),
        retry_of=line.retry_of,
        statements=tuple(_statement(one, voice) for one in subject.statements),
        actions=tuple(_action(one, voice) for one in subject.actions),
    )


def _statement(one: Statement, voice: Voice) -> tuple[str, str, str, str]:
    return (voice.whole.say(f"follow-up.topic.{one.topic}"), voice.whole.short_date(one.at), one.by, one.text)


def _action(one: ActionLine, voice: Voice) -> ActionView:
    late = one.overdue and one.state is ActionState.OPEN
    tags = {ActionState.OPEN: "gap", ActionState.DONE: "ok", ActionState.CANCELLED: "aborted"}
    words = voice.whole.say(f"follow-up.state.{one.state}")
    return ActionView(
        text=one.text,
        owner=one.owner,
        due=voice.whole.short_date(one.due_on),
        state=f"{words}, {voice.whole.say('follow-up.overdue')}" if late else words,
        tag="failed" if late else tags[one.state],
    )
