"""What each file of a run is, for those who must say so: media type, name of the format, PRONOM identifier."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A file format. `pronom` is None where PRONOM (The National Archives) has no entry that we are sure of."""

    media_type: str
    name: str
    pronom: str | None


_UNKNOWN = FileFormat(media_type="application/octet-stream", name="unknown", pronom=None)
_BY_SUFFIX = {
    "csv": FileFormat(media_type="text/csv", name="CSV (RFC 4180)", pronom="x-fmt/18"),
    "html": FileFormat(media_type="text/html", name="HTML 5", pronom="fmt/471"),
    "json": FileFormat(media_type="application/json", name="JSON (RFC 8259)", pronom="fmt/817"),
    "jsonl": FileFormat(media_type="application/jsonl", name="JSON Lines", pronom=None),
    "md": FileFormat(media_type="text/markdown", name="Markdown", pronom="fmt/1149"),
    "pdf": FileFormat(media_type="application/pdf", name="PDF/A-3a (ISO 19005-3)", pronom="fmt/479"),
    "pem": FileFormat(media_type="application/x-pem-file", name="PEM (RFC 7468)", pronom=None),
    "yml": FileFormat(media_type="application/yaml", name="YAML", pronom="fmt/818"),
    "zip": FileFormat(media_type="application/zip", name="ZIP", pronom="x-fmt/263"),
}


def format_of(name: str) -> FileFormat:
    """The format of a file of a run, by its name: sealing gives each format one suffix."""
    return _BY_SUFFIX.get(name.rpartition(".")[2], _UNKNOWN)
