"""A backup catalogue without a backup tool: the recovery points and digests that the test gave it."""

from collections.abc import Mapping

from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost, RecoveryPoint
from orchestrator.errors import CatalogueError


class FakeCatalogue:
    """Implements `ports.Catalogue`.

    Args:
        points: What can be restored, oldest first; each with its digest.
        changed: The digest that a point has when it is asked for again. None: it cannot be read any more.
    """

    def __init__(
        self, *, points: tuple[RecoveryPoint, ...] = (), changed: Mapping[str, str | None] | None = None
    ) -> None:
        self._points, self._changed = points, changed or {}
        self.asked: list[str] = []

    def recovery_points(self, host: PinnedHost, *, options: Mapping[str, Scalar]) -> tuple[RecoveryPoint, ...]:  # noqa: ARG002
        """The points that the test gave."""
        return self._points

    def manifest_sha256(self, host: PinnedHost, *, options: Mapping[str, Scalar], point: str) -> str:  # noqa: ARG002
        """The digest of a point, as it is now.

        Raises:
            CatalogueError: There is no such point, or no digest of it.
        """
        self.asked.append(point)
        known = {known.id: known.manifest_sha256 for known in self._points} | dict(self._changed)
        digest = known.get(point)
        if digest is None:
            raise CatalogueError(f"{point}: its manifest cannot be read")
        return digest
