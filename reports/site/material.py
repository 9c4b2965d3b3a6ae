"""What a site is made from, beside the runs themselves. Values only; `orchestrator.app.site` gathers them."""

from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.core.model import Language, Title
from reports.outlook import Outlook
from reports.register.entries import RegisterEntry
from reports.register.programme import Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A date that a drill's schedule gives and that nobody has entered in the register yet."""

    drill: str
    system: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A stretch of time in which no drill begins, as the project declares it."""

    title: Title
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A step of a run that waits for somebody's answer."""

    run_id: str
    drill: str
    step: Title
    roles: tuple[Title, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that the pages say."""

    outlook: Outlook
    entries: tuple[RegisterEntry, ...]
    """The register, from its first line."""
    note: str
    """Its latest signed checkpoint, as text; empty where there is none."""
    owed: tuple[Owed, ...] = ()
    """How everything stands that was planned, by the register alone: until when what is overdue may begin."""
    announced: tuple[Announced, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def organisation(self) -> str:
        """Whose drills they are."""
        return self.outlook.whole.scope.organisation.name

    def within(self, language: Language) -> "Material":
        """The same in another language."""
        return replace(self, outlook=self.outlook.within(language))
