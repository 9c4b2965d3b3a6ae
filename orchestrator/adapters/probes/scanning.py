"""Has a host scan its own file trees, for the probes that ask for it: the program goes in, a report comes out."""

import json
from pathlib import Path

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.probes import scan_on_host
from orchestrator.adapters.probes.question import Question
from orchestrator.adapters.probes.scan_report import ScanReport, read_report
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.core.ports import Stop
from orchestrator.errors import SshError

_PROGRAM = Path(scan_on_host.__file__).read_bytes()


class ScanQuestion(Question):
    """What every scan is told. `{name}` in a value is the host's inventory variable of that name.

    `rules` is a directory on the host with YARA rules (`*.yar`), which may hold the endings that ransomware gives
    (`endings.txt`); `canaries` a list there, as `sha256sum` writes it, of files below `path` that must be intact.
    """

    host: str
    path: str
    rules: str
    canaries: str | None = None
    yara: str = "yara"


def scan(
    asked: ScanQuestion, *, connections: SshConnections, timeout_us: int, stop: Stop, points: str | None = None
) -> ScanReport:
    """Scan the path, and the trees of the directory `points` before it.

    Raises:
        NoAnswerError: The host could not look, has no rule, or is not understood.
    """
    try:
        address = connections.address(asked.host)
        told = {"path": asked.path, "rules": asked.rules, "yara": asked.yara}
        told |= {"canaries": asked.canaries} if asked.canaries else {}
        told |= {"points": points} if points else {}
        filled = json.dumps({key: address.fill(value) for key, value in told.items()})
        command = [address.python, "-I", "-", filled]
        result = connections.run(asked.host, command, timeout_us=timeout_us, stdin=_PROGRAM, stop=stop)
    except SshError as error:
        raise NoAnswerError(str(error)) from error
    if result.exit_code != 0:
        raise NoAnswerError(f"the host could not scan (exit code {result.exit_code})")
    return read_report(result.stdout)
