"""Hosts that nobody connects to: they answer the guard's questions as the test wrote down."""

from collections.abc import Callable, Mapping

from orchestrator.core.events import ClockMeasured, GuardCheck, GuardObserved
from orchestrator.core.guard import LIVE_CHECKS
from orchestrator.core.plan import Boundary, PinnedHost
from orchestrator.errors import SshError


class FakeHosts:
    """Implements `ports.HostInspector`: every host answers yes to everything, but where the test says otherwise.

    Args:
        refusing: The detail of each answer that is no, by host and question.
        silent: Hosts and questions that are not answered at all: the port's promise broken.
        offsets_us: The clock of a host, before and after; zero where not given. None: it cannot be measured.
        inspecting: Called before a host is inspected: raises, where a test wants it to.
    """

    def __init__(
        self,
        *,
        refusing: Mapping[tuple[str, GuardCheck], str] | None = None,
        silent: frozenset[tuple[str, GuardCheck]] = frozenset(),
        offsets_us: Mapping[tuple[str, str], int | None] | None = None,
        inspecting: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._refusing, self._silent, self._offsets_us = refusing or {}, silent, offsets_us or {}
        self._inspecting = inspecting
        self.inspected: list[str] = []
        self.measured: list[tuple[str, str]] = []
        self.closed = 0

    def inspect(self, host: PinnedHost, *, boundary: Boundary) -> tuple[GuardObserved, ...]:  # noqa: ARG002 - the port's
        """Answer the live questions about one host."""
        self._inspecting(host.name)
        self.inspected.append(host.name)
        asked = [check for check in LIVE_CHECKS if (host.name, check) not in self._silent]
        return tuple(self._answer(host.name, check) for check in asked)

    def _answer(self, host: str, check: GuardCheck) -> GuardObserved:
        fault = self._refusing.get((host, check), "")
        return GuardObserved(subject=host, check=check, ok=not fault, detail=fault)

    def measure_clock(self, host: PinnedHost, *, moment: str) -> ClockMeasured:
        """The offset that the test gave, known to half a millisecond.

        Raises:
            SshError: The test gave None.
        """
        self.measured.append((host.name, moment))
        offset_us = self._offsets_us.get((host.name, moment), 0)
        if offset_us is None:
            raise SshError(f"{host.name}: not reached")
        return ClockMeasured.model_validate(
            {"host": host.name, "offset_us": offset_us, "error_us": 500, "moment": moment}
        )

    def close(self) -> None:
        """Count how often it was closed."""
        self.closed += 1
