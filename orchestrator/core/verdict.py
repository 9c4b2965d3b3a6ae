"""The verdict of a run, over the plan: every reason found, and the heaviest decides. Missing proof is never a pass."""

from collections.abc import Sequence

from orchestrator.core.findings import findings, refusal
from orchestrator.core.history import History
from orchestrator.core.journal import Entry
from orchestrator.core.model import Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.results import (
    Finding,
    FindingCode,
    Judgement,
    Measurements,
    Weight,
)
from orchestrator.errors import ExitCode

_VERDICTS = {
    Weight.ABORTED: Verdict.ABORTED,
    Weight.FAILED: Verdict.FAILED,
    Weight.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    Weight.GAP: Verdict.PASSED_WITH_GAPS,
}
_EXIT_CODES = {
    Verdict.PASSED: ExitCode.PASSED,
    Verdict.PASSED_WITH_GAPS: ExitCode.PASSED,
    Verdict.FAILED: ExitCode.FAILED,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Verdict.ABORTED: ExitCode.INCONCLUSIVE,
}


def judge(plan: Plan, entries: Sequence[Entry], measurements: Measurements) -> Judgement:
    """Decide what a run proved.

    Args:
        plan: What was to be done; a blocking step that it names and nobody saw pass is no pass.
        entries: The whole journal.
        measurements: What `measure` computed of the same plan and journal.
    """
    history = History(entries)
    refused = tuple(refusal(history))
    found = refused or tuple(findings(plan, history, measurements))
    dirty = not refused and any(finding.code is FindingCode.CLEANUP_FAILED for finding in found)
    verdict = _heaviest(found)
    return Judgement(
        verdict=verdict,
        findings=found,
        cleanup_failed=dirty,
        exit_code=_exit_code(verdict, refused=bool(refused), dirty=dirty),
    )


def _heaviest(findings: Sequence[Finding]) -> Verdict:
    weights = {finding.weight for finding in findings}
    return next(
        (verdict for weight, verdict in _VERDICTS.items() if weight in weights),
        Verdict.PASSED,
    )


def _exit_code(verdict: Verdict, *, refused: bool, dirty: bool) -> ExitCode:
    if refused:
        return ExitCode.REFUSED
    return ExitCode.CLEANUP if dirty else _EXIT_CODES[verdict]
