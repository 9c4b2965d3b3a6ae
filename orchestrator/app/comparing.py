"""Two sealed runs of a project side by side: only what verifies, and what the register agrees with, is compared."""

from orchestrator.app.gathering import EVERY_PERIMETER, own_trust, read_register_files
from orchestrator.app.runs import find_run
from orchestrator.errors import EvidenceError
from orchestrator.project import Project
from reports.assessment import Trust
from reports.comparison import Comparison, compare_runs
from reports.dossier.bundles import read_run
from reports.dossier.chronicle import Chronicle
from reports.dossier.extract import parse_entries, require_signature
from reports.dossier.lines import RunLine, Standing, build_lines
from reports.evidence import Evidence, parse_evidence
from reports.layout import BUNDLE, EVIDENCE, read_bundle
from reports.register.checkpoint import origin_of


def compare(project: Project, first: str, second: str) -> Comparison:
    """Compare two runs, the earlier figures being those of the first.

    Args:
        project: Whose runs they are.
        first: A unique part of a run's name, or `latest`.
        second: Another one.

    Raises:
        UsageError: There is no such run, or more than one.
        EvidenceError: One of them is not sealed, does not verify, or the register says something else.
    """
    trust = own_trust(project)
    register, checkpoint = read_register_files(project.root)
    require_signature(checkpoint, keys=trust.register_keys, origin=origin_of(project.definition.name))
    chronicle = Chronicle(parse_entries(register))
    one, other = (_proved(project, name, chronicle=chronicle, trust=trust) for name in (first, second))
    return compare_runs(one, other)


def _proved(project: Project, name: str, *, chronicle: Chronicle, trust: Trust) -> Evidence:
    directory = find_run(project, name).path
    run_id, bundle = directory.name, directory / BUNDLE
    if not bundle.exists():
        raise EvidenceError(f"{run_id}: it is not sealed", hint="`reprise recover` or `reprise seal` finishes it")
    content = bundle.read_bytes()
    run = read_run(content, run_id=run_id, trust=trust)
    lines = build_lines([run], chronicle, wanted={run_id: True}, perimeters=EVERY_PERIMETER)
    line = next((one for one in lines if one.run_id == run_id), None)
    if line is None or line.standing is not Standing.PROVED:
        raise EvidenceError(f"{run_id}: {_why(line)}", hint=f"`reprise verify {directory}` says what is wrong with it")
    return parse_evidence(read_bundle(content)[EVIDENCE])


def _why(line: RunLine | None) -> str:
    """In English: what a command says of a fault is not part of any report."""
    words = {
        Standing.OPEN: "the register has no end of it",
        Standing.UNSEALED: "the register does not say that it was sealed",
        Standing.CONTRADICTED: "the register says something else than its evidence",
        Standing.UNREGISTERED: "the register knows nothing of it",
    }
    if line is None or line.standing not in words:
        failed = sorted({fault.check for fault in line.report.faults}) if line and line.report else []
        return f"its evidence does not verify{': ' if failed else ''}{', '.join(failed)}"
    return words[line.standing]
