"""Writes the static site of a project: what it has come to, for people who do not use a terminal."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from orchestrator.app.answering import Waiting, list_waiting
from orchestrator.app.outlook import gather
from orchestrator.app.programme import Scheduled, catch_ups, scheduled_drills
from orchestrator.app.workplace import Workplace
from orchestrator.core.due import due_dates
from orchestrator.core.model import Language, Title
from orchestrator.errors import UsageError
from orchestrator.locks import locked
from reports.dossier.chronicle import Chronicle
from reports.outlook import QUARTERS
from reports.register.entries import DrillPlanned
from reports.register.programme import build_owed
from reports.site.build import Built, build_site
from reports.site.material import Announced, Material, Question

AHEAD = timedelta(days=366)


def make_site(
    workplace: Workplace, target: Path, *, quarters: int = QUARTERS, language: Language | None = None
) -> Built:
    """Write the site, or write it again: pages of runs that have not changed are kept.

    Args:
        workplace: The project.
        target: Missing, empty, or a site that was made before.
        quarters: How many coverage and trends look back on, the one that is under way included.
        language: That of the entrance; None: the project's. Both are always written.

    Raises:
        UsageError: Something else is at the target, or it is within the project's own evidence. Nothing was touched.
        EvidenceError: The register is not what was signed, or a bundle changed meanwhile.
        DefinitionError: A drill of the project cannot be meant.
        LockedError: Somebody else makes the site now.
        StoreError: It cannot be written.
    """
    project = workplace.project
    _check_outside(target, evidence=(project.runs, project.register, project.trust, project.dossiers))
    with locked(["site"], directory=project.locks, holder="`reprise site`"):
        gathered = gather(workplace, quarters=quarters, language=language)
        scheduled = scheduled_drills(workplace)
        now = gathered.outlook.now
        material = Material(
            outlook=gathered.outlook,
            entries=gathered.entries,
            note=gathered.checkpoint or "",
            owed=build_owed(gathered.entries, catch_up=catch_ups(scheduled), now=now),
            announced=tuple(_announced(scheduled, gathered.outlook.chronicle, workplace=workplace)),
            questions=tuple(_question(one) for one in list_waiting(project)),
        )
        return build_site(
            target,
            material=material,
            bundles=gathered.bundles,
            register=gathered.register,
            language=gathered.outlook.whole.scope.language,
        )


def _check_outside(target: Path, *, evidence: tuple[Path, ...]) -> None:
    """A directory of the project's own is replaced by nobody, even where it is empty."""
    place = target.resolve()
    for own in evidence:
        if place == own or own in place.parents or place in own.parents:
            hint = "name a directory of its own, such as site/"
            raise UsageError(f"{target}: it holds, or is within, {own}", hint=hint)


def _announced(drills: Mapping[str, Scheduled], chronicle: Chronicle, *, workplace: Workplace) -> Iterator[Announced]:
    """What the schedules give for the year ahead and nobody has entered; of bundled drills only those once planned."""
    planned = {(one.event.drill, one.event.due_at) for one in chronicle.of(DrillPlanned)}
    kept = {drill for drill, _ in planned}
    now = workplace.clock.now()
    for name, one in drills.items():
        if one.bundled and name not in kept:
            continue
        for date in due_dates(one.schedule, zone=one.zone, after=now, until=now + AHEAD):
            if (name, date.due_at) not in planned:
                yield Announced(drill=name, system=one.drill.system, due_at=date.due_at)


def _question(one: Waiting) -> Question:
    drill, step = one.plan.drill, one.step
    return Question(
        run_id=one.plan.run_id,
        drill=drill.id,
        step=step.title or Title(fr=step.id, en=step.id),
        roles=tuple(drill.roles.get(role) or Title(fr=role, en=role) for role in step.question.roles),
        until=one.until,
    )
