"""How a project's drills stand now, from its register and its bundles, each verified as an audit file verifies it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from orchestrator.app.choices import own_rules
from orchestrator.app.gathering import (
    EVERY_PERIMETER,
    bundles_of,
    declared_drills,
    own_trust,
    read_register_files,
)
from orchestrator.app.runs import list_run_directories
from orchestrator.app.workplace import Workplace
from orchestrator.core.model import Language
from orchestrator.project import Project
from reports.dossier.bundles import read_run
from reports.dossier.chronicle import Chronicle
from reports.dossier.extract import LOG, parse_entries, require_signature
from reports.dossier.picture import Scope
from reports.outlook import QUARTERS, Outlook, build_outlook, recent_quarters
from reports.register.checkpoint import origin_of
from reports.register.entries import RegisterEntry
from reports.scan import scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The outlook, with what it was made from."""

    outlook: Outlook
    entries: tuple[RegisterEntry, ...]
    register: bytes
    checkpoint: str | None
    bundles: Mapping[str, Callable[[], bytes]]


def gather(workplace: Workplace, *, quarters: int = QUARTERS, language: Language | None = None) -> Gathered:
    """Read the register and every bundle, verify them, and compute how everything stands.

    Nothing is drawn again, as in an audit file; some 50 ms for each run.

    Args:
        workplace: The project.
        quarters: How many are looked at, the one that is under way included.
        language: None: the project's.

    Raises:
        EvidenceError: The register does not hold together, its key did not sign the checkpoint, or it holds health
            data or a secret.
        DefinitionError: A drill of the project cannot be meant.
    """
    project, now = workplace.project, workplace.clock.now()
    trust = own_trust(project)
    register, checkpoint = read_register_files(project.root)
    entries = parse_entries(register)
    if entries or checkpoint is not None:
        require_signature(checkpoint, keys=trust.register_keys, origin=origin_of(project.definition.name))
    scan({LOG: register}, own=own_rules(project))
    bundles, known = bundles_of(project), set(Chronicle(entries).run_ids())
    scope = Scope(
        organisation=project.definition.organisation,
        period=recent_quarters(now, count=quarters),
        perimeters=EVERY_PERIMETER,
        language=language or project.definition.language,
        made_at=now,
        drills=tuple(declared_drills(workplace, perimeters=EVERY_PERIMETER)),
        unsealed=tuple(_unsealed(project, bundles.keys() | known)),
    )
    runs = [read_run(read(), run_id=name, trust=trust) for name, read in sorted(bundles.items())]
    outlook = build_outlook(scope, runs, entries, checkpoint=checkpoint)
    return Gathered(outlook=outlook, entries=entries, register=register, checkpoint=checkpoint, bundles=bundles)


def _unsealed(project: Project, accounted: set[str]) -> Iterator[str]:
    """Run directories of which there is neither a bundle nor a word in the register."""
    return (path.name for path in list_run_directories(project) if path.name not in accounted)
