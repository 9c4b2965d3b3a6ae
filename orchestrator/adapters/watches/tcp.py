"""Opens a connection to an address again and again, and closes it. Whether the service behind it works is not seen."""

from collections.abc import Mapping

from orchestrator.adapters.network.connecting import connect
from orchestrator.adapters.network.limit import Limit
from orchestrator.adapters.network.turns import ask_in_turn
from orchestrator.adapters.probes.question import read_question
from orchestrator.adapters.probes.tcp import TcpQuestion
from orchestrator.core.model import Scalar
from orchestrator.core.ports import Asker


class TcpAsker:
    """An answer is a connection that is accepted, at any of the addresses."""

    def __init__(self, source: TcpQuestion) -> None:
        self._places = source.places

    def ask(self, *, deadline_us: int) -> str:
        """Ask once; see `ports.Asker`."""
        return ask_in_turn(self._places, _ask, limit=Limit(deadline_us=deadline_us))

    def close(self) -> None:
        """Nothing is kept open."""


def build(source: Mapping[str, Scalar], *, timeout_us: int) -> Asker:
    """Make the asker: what the entry-point group `reprise.watches` points to.

    Raises:
        ProbeError: The question makes no sense.
    """
    del timeout_us  # Each question brings its own deadline.
    return TcpAsker(read_question(TcpQuestion, source, probe="tcp"))


def _ask(place: tuple[str, int], limit: Limit) -> None:
    host, port = place
    connect(host, port, limit=limit).close()
