"""The names of a run's files, and how a run directory and a bundle are read into one mapping of names to bytes.

Nothing is ever unpacked to disk: a hostile archive can name what it likes.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from orchestrator.core.model import Record
from orchestrator.errors import EvidenceError
from reports.materials import DRILL, JOURNAL, PLAN, SERIES_FOLDER

VERDICT = "verdict.json"
EVIDENCE = "evidence.json"
REPORT_HTML = "report.html"
REPORT_PDF = "report.pdf"
ATTESTATION = "attestation.sigstore.json"
BUNDLE = "bundle.zip"
ARCHIVED = "report.archived.pdf"
"""`report.pdf` as it was sealed, and archive time-stamps after it. Made by renewing, which may happen at any time."""
RENEWALS = "attestation.renewals.json"
"""What renewing adds to the attestation's time-stamp. It is bound by nothing but the time-stamps in it."""

THINNED = "removed.json"
"""Names the files that were removed under a rule of retention, because `bundle.zip` beside it holds them too."""


class Thinned(Record):
    """What `removed.json` says."""

    format: Literal["reprise/removed/v1"] = "reprise/removed/v1"
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedNames:
    """What the files are called that a seal is in: a PDF, an attestation, and what later time-stamps are added in."""

    pdf: str
    archived: str
    attestation: str = ATTESTATION
    renewals: str = RENEWALS


RUN_NAMES = SealedNames(pdf=REPORT_PDF, archived=ARCHIVED)
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest date that a ZIP can hold: the files' own dates say nothing that the journal does not say better."""
_PLAIN_FILE = 0o100644 << 16
SOURCES = (PLAN, JOURNAL, DRILL)
MADE = (VERDICT, EVIDENCE, REPORT_HTML, REPORT_PDF, ATTESTATION)
LARGEST_BYTES = 512 * 1024 * 1024
"""Of everything in a bundle, unpacked: far more than any run, far less than what would fill a verifier's memory."""


def read_directory(directory: Path) -> dict[str, bytes]:
    """The files of a run directory that belong to its evidence, by name. What else is there is not evidence.

    Those that were removed because the bundle holds them too are read from there.

    Raises:
        EvidenceError: The directory or a file cannot be read.
    """
    try:
        series = sorted(path for path in (directory / SERIES_FOLDER).glob("*") if _is_series(path))
        known = [
            path for path in (directory / name for name in (*SOURCES, *MADE, ARCHIVED, RENEWALS)) if path.is_file()
        ]
        found = {path.relative_to(directory).as_posix(): path.read_bytes() for path in (*known, *series)}
        return {**_thinned(directory), **found}
    except OSError as error:
        raise EvidenceError(f"{directory}: it cannot be read: {error.strerror}") from error


def _thinned(directory: Path) -> dict[str, bytes]:
    if not (directory / THINNED).is_file():
        return {}
    try:
        names = Thinned.model_validate_json((directory / THINNED).read_bytes()).files
    except ValueError as error:
        raise EvidenceError(f"{directory / THINNED}: it does not say what was removed") from error
    bundle = read_bundle((directory / BUNDLE).read_bytes())
    return {name: bundle[name] for name in names if name in bundle}


def pack(content: Mapping[str, bytes]) -> bytes:
    """One ZIP of files by name: the same files give the same bytes, on every machine.

    Stored, not compressed: what a compressor makes depends on its version, and a bundle is compared to the last byte.
    """
    output = io.BytesIO()
    pack_into(output, ((name, content[name]) for name in sorted(content)))
    return output.getvalue()


def pack_into(output: IO[bytes], members: Iterable[tuple[str, bytes]]) -> None:
    """Write the same archive part by part, for what is too large to hold in memory.

    Args:
        output: A file that can be sought in, empty.
        members: Each name with its content, in the order of the names.
    """
    with zipfile.ZipFile(output, "w", compression=zipfile.ZIP_STORED) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.external_attr = _PLAIN_FILE
            entry.create_system = 3
            archive.writestr(entry, content)


def read_bundle(content: bytes) -> dict[str, bytes]:
    """The files of a bundle, by name.

    Raises:
        EvidenceError: It is not a ZIP archive, is cut, is too large, holds a name twice or one that leads outside, or
            has a byte that no file accounts for.
    """
    found = _unpacked(content)
    if pack(found) != content:
        raise EvidenceError("bundle: it is not the archive that sealing makes of these files")
    return found


def _unpacked(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            check_entries(entries, largest=LARGEST_BYTES)
            return {entry.filename: archive.read(entry) for entry in entries}
    except EvidenceError:
        raise
    # What zipfile and its decompressors raise on hostile bytes is not documented as a whole (zlib.error, RuntimeError,
    # struct.error ...): all of it means the same here.
    except Exception as error:
        raise EvidenceError("bundle: it is not a whole ZIP archive") from error


def sources(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What the run itself left, without what sealing makes of it."""
    return {name: files[name] for name in files if name in SOURCES or name.startswith(SERIES_FOLDER)}


def attachment_names(names: Iterable[str]) -> dict[str, str]:
    """What each file is called inside a PDF, where a name has no folder: `samples/a.csv` is `samples-a.csv`."""
    return {name: name.replace("/", "-") for name in names}


def _is_series(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def check_entries(entries: list[zipfile.ZipInfo], *, largest: int) -> None:
    """Refuse an archive before anything of it is unpacked.

    Raises:
        EvidenceError: It holds a name twice or one that leads outside, or more than `largest` bytes.
    """
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise EvidenceError("bundle: it holds the same name twice")
    outside = [name for name in names if name.startswith("/") or ".." in name.split("/") or "\\" in name]
    if outside:
        raise EvidenceError("bundle: it holds a name that leads outside")
    if sum(entry.file_size for entry in entries) > largest:
        raise EvidenceError(f"bundle: more than {largest} bytes once unpacked")
