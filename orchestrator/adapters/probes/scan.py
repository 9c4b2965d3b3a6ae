"""Traces of encryption in a file tree on a host: canary files, content that is not its kind's, YARA rules, endings.

Says how many and by which rule, never in which file.
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.probes.scan_report import TreeScan
from orchestrator.adapters.probes.scanning import ScanQuestion, scan
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop


class ScanProbe:
    """`{exists, files, bytes, unreadable, canaries, canaries_intact, odd, renamed, matched, odd.<kind>, rule.<name>}`.

    `odd` counts files that are not what their kind is made of, `matched` files in which a rule found its pattern,
    `unreadable` what could not be looked at: it is to be 0, or nothing is known.
    """

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(ScanQuestion, question, probe="scan")
        try:
            report = scan(asked, connections=self._connections, timeout_us=timeout_us, stop=stop)
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error)[:300])
        return Answer(answered=True, values=values_of(report.scan))


def values_of(found: TreeScan) -> Values:
    """What goes into evidence of one tree. Pure."""
    if not found.exists:
        return {"exists": False}
    return {
        "exists": True,
        "files": found.files,
        "bytes": found.bytes,
        "unreadable": found.unreadable,
        "canaries": found.canaries,
        "canaries_intact": found.canaries_intact,
        "odd": sum(found.odd.values()),
        "renamed": found.renamed,
        "matched": found.matched,
        **{f"odd.{kind}": count for kind, count in sorted(found.odd.items())},
        **{f"rule.{rule}": count for rule, count in sorted(found.matches.items())},
    }


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    return ScanProbe(connections=connections)
