"""Makes the audit file of a period from what a project has: its bundles, its register, its drills; and verifies one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from orchestrator.app.gathering import EVERY_PERIMETER, declared_drills, own_trust, read_register_files
from orchestrator.app.runs import list_runs
from orchestrator.app.sealing import open_sealer
from orchestrator.app.workplace import Workplace
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.store import RunDirectory
from reports.assessment import Trust
from reports.dossier.bundles import started_at
from reports.dossier.chronicle import Chronicle
from reports.dossier.complete import complete_dossier, read_incomplete
from reports.dossier.extract import parse_entries
from reports.dossier.period import Period
from reports.dossier.picture import Scope
from reports.dossier.programme import wanted_runs
from reports.dossier.seal import SealedDossier, Sources, seal_dossier
from reports.dossier.verify import is_dossier, verify_dossier
from reports.layout import BUNDLE
from reports.register.checkpoint import origin_of
from reports.register.entries import Perimeters
from reports.verification import VerificationReport
from reports.verify import verify


@dataclass(slots=True)
class _Gathered:
    """The bundles that belong to the dossier, and the runs of which there is no more than a directory."""

    bundles: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    unsealed: list[str] = field(default_factory=list)


def make_dossier(
    workplace: Workplace,
    *,
    first_day: date,
    last_day: date,
    perimeters: Sequence[int],
    language: Language | None,
    out: Path | None,
) -> SealedDossier:
    """Make and seal the audit file of a period; add its time-stamp to the same one, made when nobody told the time.

    Args:
        workplace: The project.
        first_day: In Paris, included.
        last_day: In Paris, included.
        perimeters: Of the article, 1 to 6; none: all of them.
        language: Of the document; None: the project's.
        out: Its directory; None: `dossiers/`, below the project, named after the period.

    Raises:
        UsageError: The period ends before it begins, or there is a dossier there already.
        EvidenceError: The register does not hold together or its key did not sign the checkpoint, or something holds
            health data or a secret.
    """
    project = workplace.project
    sealer = open_sealer(project)
    period = _period(first_day, last_day)
    own = tuple(sorted(set(perimeters))) or EVERY_PERIMETER
    directory = out or project.dossiers / f"{first_day}--{last_day}"
    language = language or project.definition.language
    if (there := read_incomplete(directory)) is not None:
        _check_same(there.scope, period=period, perimeters=own, language=language, directory=directory)
        return complete_dossier(directory, sealer=sealer)
    register, checkpoint = read_register_files(project.root)
    gathered = _gather(workplace, register, period=period, perimeters=own)
    scope = Scope(
        organisation=project.definition.organisation,
        period=period,
        perimeters=own,
        language=language,
        made_at=workplace.clock.now(),
        drills=tuple(declared_drills(workplace, perimeters=own)),
        unsealed=tuple(sorted(gathered.unsealed)),
    )
    return seal_dossier(
        directory,
        scope=scope,
        sources=Sources(
            bundles=gathered.bundles,
            register=register,
            checkpoint=checkpoint,
            origin=origin_of(project.definition.name),
        ),
        sealer=sealer,
        trust=own_trust(project),
    )


def verify_evidence(path: Path, *, trust: Trust) -> VerificationReport:
    """Verify whatever evidence is at a path: that of one run, or an audit file."""
    if is_dossier(path):
        return verify_dossier(path, trust=trust)
    return verify(path, trust=trust)


def _check_same(made: Scope, *, period: Period, perimeters: Perimeters, language: Language, directory: Path) -> None:
    """A dossier gets its time-stamp from the command that made it, and from no other."""
    if (made.period, made.perimeters, made.language) != (period, perimeters, language):
        hint = "give the perimeters and the language that it was made with, or name another directory with --out"
        raise UsageError(
            f"{directory}: another dossier, which still awaits its time-stamp, is there already", hint=hint
        )


def _period(first_day: date, last_day: date) -> Period:
    if last_day < first_day:
        hint = "--from is the first day, --to the last one, both included"
        raise UsageError(f"the period ends on {last_day}, before it begins on {first_day}", hint=hint)
    try:
        return Period(first_day=first_day, last_day=last_day)
    except ValidationError as error:
        hint = "days look like 2026-01-01, and are of this century or the next"
        raise UsageError(f"{first_day} to {last_day} is no period", hint=hint) from error


def _gather(workplace: Workplace, register: bytes, *, period: Period, perimeters: Perimeters) -> _Gathered:
    """Of the project's runs, those that the register has for the period, and those of which it knows nothing."""
    chronicle = Chronicle(parse_entries(register))
    wanted = wanted_runs(chronicle, period=period, perimeters=perimeters)
    gathered = _Gathered()
    for summary in list_runs(workplace.project):
        bundle, name = summary.directory.path / BUNDLE, summary.run_id
        known = chronicle.run(name).started is not None
        if not bundle.exists():
            unknown = not known and _may_be_meant(summary.directory, period=period, perimeters=perimeters)
            gathered.unsealed += [name] if unknown else []
        elif name in wanted or (not known and _may_be_within(bundle, period)):
            gathered.bundles[name] = bundle.read_bytes
    return gathered


def _may_be_meant(run: RunDirectory, *, period: Period, perimeters: Perimeters) -> bool:
    """Whether a run without a bundle is of the period and the perimeters; one whose plan cannot be read may be."""
    try:
        plan = run.read_plan()
    except EvidenceError:
        return True
    return period.holds(plan.created_at) and bool(set(plan.drill.perimeters) & set(perimeters))


def _may_be_within(bundle: Path, period: Period) -> bool:
    """Whether a bundle that the register does not know is of the period; one that cannot be read may be."""
    began = started_at(bundle.read_bytes())
    return began is None or period.holds(began)
