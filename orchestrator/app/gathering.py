"""What is shown of a project is read from here: its register, its drills, its bundles, and whom it trusts for them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from orchestrator.app.drills import read_drills
from orchestrator.app.runs import list_run_directories
from orchestrator.app.trust import whom_to_trust
from orchestrator.app.workplace import Workplace
from orchestrator.core.drill import Drill
from orchestrator.errors import EvidenceError
from orchestrator.project import Project
from reports.assessment import Trust
from reports.dossier.extract import CHECKPOINT, REGISTER
from reports.dossier.picture import DeclaredDrill
from reports.keys import load_certificates
from reports.layout import BUNDLE
from reports.register.entries import Perimeters

EVERY_PERIMETER: Perimeters = (1, 2, 3, 4, 5, 6)


def read_register_files(root: Path) -> tuple[bytes, str | None]:
    """The bytes of a project's `register.jsonl` and the text of its checkpoint; nothing where there is none.

    The checkpoint before the entries: what is appended in between is beyond it, and nothing is missing.

    Raises:
        EvidenceError: They cannot be read.
    """
    checkpoint, log = root / CHECKPOINT, root / REGISTER
    try:
        text = checkpoint.read_text(encoding="utf-8") if checkpoint.exists() else None
        content = log.read_bytes() if log.exists() else b""
    except (OSError, UnicodeDecodeError) as error:
        hint = "`reprise verify` the register, and make it readable"
        raise EvidenceError(f"{log.parent}: the register cannot be read: {error}", hint=hint) from error
    # A torn last line was never acknowledged to anybody: somebody is writing it now, or died while he did.
    return content[: content.rfind(b"\n") + 1], text


def declared_drills(workplace: Workplace, *, perimeters: Perimeters) -> Iterator[DeclaredDrill]:
    """The project's own drills and its plug-ins'. One that is bundled is here only once somebody plans or runs it.

    Raises:
        DefinitionError: A drill cannot be meant.
    """
    for file in read_drills(workplace):
        if file.origin == "bundled":
            continue
        drill = file.parse()
        if set(drill.perimeters) & set(perimeters):
            yield _declaration(drill)


def bundles_of(project: Project) -> Mapping[str, Callable[[], bytes]]:
    """How to read each bundle of a project, by its run: one at a time, since all of them are too large to hold."""
    found = {path.name: path / BUNDLE for path in list_run_directories(project)}
    return {name: bundle.read_bytes for name, bundle in found.items() if bundle.exists()}


def own_trust(project: Project) -> Trust:
    """Whom the project trusts, and its own seal: reports that were sealed with an older key verify too.

    Raises:
        EvidenceError: A certificate cannot be read.
    """
    trusted = whom_to_trust((), (), (), (), project=project.root)
    own = load_certificates(project.certificate)[:1] if project.certificate.exists() else ()
    return replace(trusted, certificates=(*own, *trusted.certificates))


def _declaration(drill: Drill) -> DeclaredDrill:
    return DeclaredDrill(
        id=drill.id, title=drill.title, kind=drill.kind, system=drill.system, perimeters=drill.perimeters
    )
