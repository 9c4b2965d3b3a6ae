"""The guard's live questions about a host (`ports.HostInspector`). Changes nothing; what it cannot ask is a no."""

import json
from collections.abc import Callable, Iterable

from orchestrator.adapters.ssh.clock import measure_offset
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.adapters.ssh.reachability import endpoint_faults
from orchestrator.core.events import ClockMeasured, GuardCheck, GuardObserved
from orchestrator.core.guard import NO_KEY, NOT_ASKED
from orchestrator.core.plan import Boundary, PinnedHost
from orchestrator.errors import SshError, UnknownHostKeyError

_TIMEOUT_US = 10_000_000
_MARKER_KEYS = ("project", "group", "host")


class SshHostInspector:
    """Looks at the hosts of a plan over their connections."""

    def __init__(self, *, connections: SshConnections) -> None:
        self._connections = connections

    def inspect(self, host: PinnedHost, *, boundary: Boundary) -> tuple[GuardObserved, ...]:
        """Answer whether the host has the pinned key, whether its marker names it, whether production answers from it.

        Nothing is asked of a host whose key is not the pinned one: it is another host, and it would be logged in to.
        """
        stranger = self._key_fault(host)
        marker = stranger and f"{NOT_ASKED}: the host is not known to be the right one"
        return (
            _observed(host, GuardCheck.HOST_KEY_KNOWN, stranger),
            _observed(
                host, GuardCheck.MARKER_MATCHES, marker or _said(lambda: self._marker_fault(host, boundary=boundary))
            ),
            _observed(
                host,
                GuardCheck.PRODUCTION_UNREACHABLE,
                marker or _said(lambda: endpoint_faults(self._connections, host.name, boundary.production_endpoints)),
            ),
        )

    def measure_clock(self, host: PinnedHost, *, moment: str) -> ClockMeasured:
        """The offset of the host's clock in microseconds, with its bound.

        Raises:
            SshError: The host did not answer.
        """
        offset = measure_offset(self._connections, host.name)
        return ClockMeasured.model_validate(
            {"host": host.name, "offset_us": offset.offset_us, "error_us": offset.error_us, "moment": moment}
        )

    def close(self) -> None:
        """End the connections. Can be called again."""
        self._connections.close()

    def _key_fault(self, host: PinnedHost) -> str:
        """Why this is not known to be the pinned host; empty where it is."""
        if host.host_key_sha256 is None:
            return NO_KEY
        try:
            address = self._connections.address(host.name)
            if (address.address, address.port) != (host.address, host.port):
                return f"the plan pins {host.address}:{host.port}, the inventory says {address.address}:{address.port}"
            found = self._connections.host_key_sha256(host.name)
        except UnknownHostKeyError as error:
            return str(error)
        except SshError as error:
            return f"not reached: {error}"
        return "" if found == host.host_key_sha256 else f"it has the key {found}, not {host.host_key_sha256}"

    def _marker_fault(self, host: PinnedHost, *, boundary: Boundary) -> str:
        path = self._connections.address(host.name).fill(boundary.marker_path)
        result = self._connections.run(host.name, ["cat", "--", path], timeout_us=_TIMEOUT_US)
        if result.exit_code != 0:
            return f"no marker can be read at {path}"
        groups = set(boundary.staging_groups) & set(host.groups)
        return marker_fault(result.stdout, project=boundary.project, groups=groups, host=host.name)


def marker_fault(content: bytes, *, project: str, groups: Iterable[str], host: str) -> str:
    """Why a marker file does not say that this host is that project's staging host; empty where it does. Pure."""
    try:
        marker = json.loads(content)
    except ValueError:
        return "the marker is not JSON"
    if not isinstance(marker, dict) or any(not isinstance(marker.get(key), str) for key in _MARKER_KEYS):
        return f"the marker does not say {', '.join(_MARKER_KEYS)}"
    wanted = {"project": {project}, "group": set(groups), "host": {host}}
    wrong = [key for key in _MARKER_KEYS if marker[key] not in wanted[key]]
    return "; ".join(f"the marker is for {key} {marker[key][:60]}" for key in wrong)


def _said(question: Callable[[], str]) -> str:
    """What a question found wrong; that it could not be asked is wrong too."""
    try:
        return question()
    except SshError as error:
        return f"could not be asked: {error}"


def _observed(host: PinnedHost, check: GuardCheck, fault: str) -> GuardObserved:
    return GuardObserved(subject=host.name, check=check, ok=not fault, detail=fault[:300])
