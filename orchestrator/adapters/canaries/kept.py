"""A writer of markers that keeps its connection from one to the next, whatever kind of server is at its end."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import Limit


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Close it."""
        ...


Session = TypeVar("Session", bound=Closable)


class RefusedError(NoAnswerError):
    """The marker was refused, for a reason that was told; the connection is as good as before."""


class KeptWriter(Generic[Session]):
    """Commits markers (`ports.CanaryWriter`). No wait is ever cancelled: the connection is closed instead.

    Args:
        begin: Opens a session that is ready for markers, or raises `NoAnswerError`, with nothing left open.
        commit: Commits the marker of this number; it returns when that is acknowledged, or raises `NoAnswerError`
            (the connection is closed) or `RefusedError` (it is kept).
    """

    def __init__(self, *, begin: Callable[[Limit], Session], commit: Callable[[Session, int, Limit], object]) -> None:
        self._begin, self._commit = begin, commit
        self._session: Session | None = None

    def commit(self, number: int, *, deadline_us: int) -> str:
        """Commit one marker; see `ports.CanaryWriter`."""
        limit = Limit(deadline_us=deadline_us)
        try:
            if self._session is None:
                self._session = self._begin(limit)
            self._commit(self._session, number, limit)
        except RefusedError as error:
            return str(error)
        except NoAnswerError as error:
            self.close()
            return str(error)
        return ""

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None
