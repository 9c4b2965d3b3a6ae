"""A journal that does not stop a cleanup: what cannot be written is remembered and raised when everything is done."""

from orchestrator.core.events import Event
from orchestrator.core.ports import JournalWriter
from orchestrator.errors import StoreError


class BestEffortJournal:
    """Implements `ports.JournalWriter` over another one. A target left broken is worse than a line that is missing."""

    def __init__(self, journal: JournalWriter) -> None:
        self._journal = journal
        self._failure: StoreError | None = None

    def append(self, event: Event) -> None:
        """Write the event if that can be done."""
        try:
            self._journal.append(event)
        except StoreError as error:
            self._failure = self._failure or error

    def raise_first_failure(self) -> None:
        """Raise the first failure to write, if there was one."""
        if self._failure is not None:
            raise self._failure
