"""How a project's drills stand now: the last quarters, and everything since the register began. Pure.

The figures are a dossier's (`reports.dossier.picture`): the recent picture is what one of the same days would hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from orchestrator.core.model import Language
from reports.dossier.chronicle import Chronicle
from reports.dossier.coverage import Untested, untested
from reports.dossier.period import Period
from reports.dossier.picture import Picture, Scope, build_picture, extract_catalogue
from reports.dossier.proof import RegisterProof, build_proof
from reports.dossier.runs import DossierRun
from reports.register.entries import RegisterEntry
from reports.typography import PARIS

QUARTERS = 8
"""How many quarters are shown where nobody says how many: two years, the one that is under way included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The same project, seen twice."""

    recent: Picture
    """The last quarters, to the end of the one that is under way."""
    whole: Picture
    """From the first thing that is known to a year from now."""
    never_tested: tuple[Untested, ...]
    """Systems, with the perimeters in which no run ever counted."""
    chronicle: Chronicle
    proof: RegisterProof

    @property
    def now(self) -> datetime:
        """When it was computed, in UTC."""
        return self.recent.scope.made_at

    def within(self, language: Language) -> "Outlook":
        """The same in another language."""
        return replace(self, recent=_within(self.recent, language), whole=_within(self.whole, language))


def build_outlook(
    scope: Scope, runs: Sequence[DossierRun], entries: Sequence[RegisterEntry], *, checkpoint: str | None
) -> Outlook:
    """Compute both pictures.

    Args:
        scope: What is shown; its period is that of the recent picture.
        runs: Every bundle of the project, read and verified.
        entries: The register from its first line, its chain checked.
        checkpoint: The text of its latest signed checkpoint; None where there is none.

    Raises:
        EvidenceError: The checkpoint is none.
    """
    chronicle, catalogue = Chronicle(entries), extract_catalogue()
    life = scope.model_copy(update={"period": _life(scope, runs, entries)})
    whole = build_picture(life, runs, chronicle, catalogue=catalogue)
    pairs = [(row.perimeter, row.system) for row in whole.coverage.rows]
    return Outlook(
        recent=build_picture(scope, runs, chronicle, catalogue=catalogue),
        whole=whole,
        never_tested=untested([run for run in whole.runs if run.counts], pairs),
        chronicle=chronicle,
        proof=build_proof(entries, checkpoint=checkpoint, period=life.period),
    )


def recent_quarters(now: datetime, *, count: int = QUARTERS) -> Period:
    """The civil quarters in Paris that end with the one under way: whole ones, the last one to its end.

    Args:
        now: In UTC.
        count: How many, at least one.
    """
    today = now.astimezone(PARIS).date()
    last = today.year * 4 + (today.month - 1) // 3
    return Period(first_day=_quarter_begins(last - count + 1), last_day=_quarter_begins(last + 1) - timedelta(days=1))


def _quarter_begins(number: int) -> date:
    return date(number // 4, 3 * (number % 4) + 1, 1)


def _life(scope: Scope, runs: Sequence[DossierRun], entries: Sequence[RegisterEntry]) -> Period:
    """From the first entry or run to a year from now, and never less than the recent picture."""
    begun = [run.facts.started_at for run in runs if run.facts]
    first = min([*begun, *(entry.at for entry in entries[:1]), scope.period.starts_at])
    ahead = scope.made_at.astimezone(PARIS).date() + timedelta(days=366)
    return Period(first_day=first.astimezone(PARIS).date(), last_day=max(ahead, scope.period.last_day))


def _within(picture: Picture, language: Language) -> Picture:
    return replace(picture, scope=picture.scope.model_copy(update={"language": language}))
