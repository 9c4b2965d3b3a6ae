"""Whether what was restored is the newest clean recovery point, by our own look at the points and no playbook's word.

The points lie side by side on a host, as the search for the clean one left them: `<place in the order>-<id>`.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.probes.scan_report import ScanReport
from orchestrator.adapters.probes.scanning import ScanQuestion, scan
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.clean_point import Baseline, CleanPoint, Taint, newest_clean
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop


class CleanPointsQuestion(ScanQuestion):
    """The `with` of the probe: `path` is what was restored, `points` the directory of the recovery points.

    `usual_odd` is how many odd files of each kind a sound state holds, `most_changed` how much of a point may differ
    from the point before, in percent.
    """

    points: str
    usual_odd: dict[str, Annotated[int, Field(ge=0)]] = {}
    most_changed: Annotated[int, Field(ge=0, le=100)] = 50


class CleanPointsProbe:
    """`{points, newest_clean, later, restored_is_newest_clean, later.<reason>}`: see `core.clean_point`.

    `newest_clean` is the point's id, or `none`; `later` how many newer ones there are, each of them refused.
    """

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(CleanPointsQuestion, question, probe="clean-points")
        try:
            report = scan(asked, connections=self._connections, timeout_us=timeout_us, stop=stop, points=asked.points)
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        baseline = Baseline(odd=asked.usual_odd, changed_percent=asked.most_changed)
        return Answer(answered=True, values=values_of(report, baseline=baseline))


def values_of(report: ScanReport, *, baseline: Baseline) -> Values:
    """What goes into evidence of the points and of what was restored. Pure."""
    found = newest_clean([point.as_point() for point in report.points], baseline=baseline)
    return {
        "points": len(report.points),
        "newest_clean": _identifier(found),
        "later": len(found.later),
        "restored_is_newest_clean": _is_restored(report, found),
        **_reasons(found),
    }


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return CleanPointsProbe(connections=connections)


def _identifier(found: CleanPoint) -> str:
    return found.point.split("-", 1)[1] if found.point is not None else "none"


def _is_restored(report: ScanReport, found: CleanPoint) -> bool:
    """The same files with the same content, none more and none less."""
    clean = next((point for point in report.points if point.name == found.point), None)
    restored = report.scan
    return clean is not None and restored.exists and restored.content_sha256 == clean.content_sha256


def _reasons(found: CleanPoint) -> Values:
    counts = Counter(taint for refused in found.later for taint in refused.taints)
    return {f"later.{taint}": counts[taint] for taint in Taint}
