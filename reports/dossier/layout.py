"""The names of a dossier's files inside its archive, and the archive read bundle by bundle.

Hundreds of bundles do not fit in memory: nothing here holds more than one of them.
"""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from orchestrator.errors import EvidenceError
from reports.layout import ATTESTATION, RENEWALS, SealedNames, check_entries, pack_into

DOSSIER_PDF = "dossier.pdf"
DOSSIER_JSON = "dossier.json"
DOSSIER_ZIP = "dossier.zip"
DOSSIER_ARCHIVED = "dossier.archived.pdf"
"""`dossier.pdf` as it was sealed, and archive time-stamps after it."""
DOSSIER_NAMES = SealedNames(pdf=DOSSIER_PDF, archived=DOSSIER_ARCHIVED)
SEALED = (DOSSIER_PDF, ATTESTATION, DOSSIER_ARCHIVED, RENEWALS)
"""The members that the seal is in, and those that later time-stamps are added in."""
BUNDLES_FOLDER = "runs/"
LARGEST_BYTES = 64 * 1024**3
"""Of everything in an archive, unpacked: more than any three years of drills."""
_CHUNK = 1024**2


def bundle_name(run_id: str) -> str:
    """Where the bundle of a run lies in the archive."""
    return f"{BUNDLES_FOLDER}{run_id}.zip"


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive. Nothing of it is ever unpacked to disk under its own name."""

    _zip: zipfile.ZipFile

    @property
    def names(self) -> tuple[str, ...]:
        """What is inside, in order."""
        return tuple(sorted(self._zip.namelist()))

    def read(self, name: str) -> bytes:
        """One member.

        Raises:
            EvidenceError: It is not there, or its bytes are not whole.
        """
        if name not in self._zip.NameToInfo:
            raise EvidenceError(f"{name}: it is missing")
        try:
            return self._zip.read(name)
        # As in `reports.layout`: what zipfile raises on hostile bytes is not documented as a whole.
        except Exception as error:
            raise EvidenceError(f"{name}: it cannot be read from the archive") from error


def archive_names(path: Path) -> tuple[str, ...]:
    """The names in an archive, of which nothing else is known.

    Raises:
        EvidenceError: It cannot be read, or holds more than any dossier.
    """
    with _opened(path) as archive:
        return archive.names


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive, and make sure that it is, to the last byte, the one that sealing makes of its members.

    Needs as much room in the directory for temporary files as the archive takes.

    Raises:
        EvidenceError: It is not, or it cannot be read.
    """
    with _opened(path) as archive:
        _check_bytes(path, archive)
        yield archive


@contextmanager
def _opened(path: Path) -> Iterator[Archive]:
    try:
        opened = zipfile.ZipFile(path)
    # As above.
    except Exception as error:
        raise EvidenceError(f"{path.name}: it is not a whole ZIP archive") from error
    with opened:
        check_entries(opened.infolist(), largest=LARGEST_BYTES)
        yield Archive(opened)


def _check_bytes(path: Path, archive: Archive) -> None:
    try:
        with tempfile.TemporaryFile() as again, path.open("rb") as file:
            pack_into(again, ((name, archive.read(name)) for name in archive.names))
            again.seek(0)
            same = _same(file, again)
    except OSError as error:
        raise EvidenceError(f"{path.name}: it cannot be compared: {error.strerror}") from error
    if not same:
        raise EvidenceError(f"{path.name}: it is not the archive that sealing makes of these files")


def _same(one: IO[bytes], other: IO[bytes]) -> bool:
    while (part := one.read(_CHUNK)) == other.read(_CHUNK):
        if not part:
            return True
    return False
