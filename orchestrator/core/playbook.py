"""What a playbook's end proves. Its exit code alone proves nothing: Ansible ends with 0 where it reached no host."""

from orchestrator.core.events import HostTally, PlaybookFinished
from orchestrator.core.model import Outcome


def playbook_outcome(finished: PlaybookFinished) -> tuple[Outcome, str]:
    """Decide the outcome of one attempt at a playbook step, and say in a few words why it is not ok.

    Ok only where every event arrived, the exit code is 0, each play reached a host, at least one task was done, and no
    host failed or was unreachable. A failure that Ansible itself reports is a failure; everything else that is not ok
    is unknown.
    """
    if not finished.complete:
        return Outcome.UNKNOWN, finished.fault or "its events are not complete"
    if finished.exit_code is None:
        return Outcome.UNKNOWN, "it was ended from outside"
    faults = [f"{host}: {words}" for host, tally in sorted(finished.hosts.items()) if (words := _fault(tally))]
    if faults:
        return Outcome.FAILED, "; ".join(faults)[:300]
    if finished.exit_code != 0:
        return Outcome.UNKNOWN, f"exit code {finished.exit_code}"
    if finished.unmatched:
        return (
            Outcome.UNKNOWN,
            f"plays left out, as none of their hosts is under targets or touches: {finished.unmatched}",
        )
    if not any(tally.ok for tally in finished.hosts.values()):
        return Outcome.UNKNOWN, "no task was done on any host"
    return Outcome.OK, ""


def _fault(tally: HostTally) -> str:
    if tally.unreachable:
        return "unreachable"
    return f"{tally.failures} failed" if tally.failures else ""
