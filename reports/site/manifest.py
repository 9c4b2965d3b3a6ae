"""`site.json`: that a directory is a site of ours, and what each page of a run was made from. Values only.

With it the next making keeps what has not changed. Nothing in it is proof, and nothing is proved by it: every bundle is
verified each time, and a page is kept only where its file is still what was written.
"""

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

from pydantic import ValidationError

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import SHA256, Record

MANIFEST = "site.json"
_PROGRAMS = (".py", ".j2", ".yml", ".css", ".otf", ".ttf")


class MadeRun(Record):
    """The page of one run, in both languages, and its files."""

    fingerprint: SHA256
    files: dict[str, SHA256]
    """Each file by its path within the site."""


class SiteManifest(Record):
    """What was written."""

    format: Literal["reprise/site/v1"] = "reprise/site/v1"
    paths: tuple[str, ...]
    """Every other file of the site, in order."""
    runs: dict[str, MadeRun]

    @property
    def known(self) -> frozenset[str]:
        """Every file that was written, this one included."""
        return frozenset({MANIFEST, *self.paths, *(path for made in self.runs.values() for path in made.files)})


def parse_manifest(content: bytes) -> SiteManifest | None:
    """Read a manifest; None where it is none of ours."""
    try:
        return SiteManifest.model_validate(json.loads(content))
    except (ValueError, ValidationError, RecursionError):
        return None


def format_manifest(manifest: SiteManifest) -> bytes:
    """The bytes of `site.json`."""
    return canonical(manifest) + b"\n"


def digest_of_programs() -> str:
    """The digest of everything in this version that has a part in how a page looks."""
    found = sorted(_digests(files("reports"), place="reports"))
    return sha256(json.dumps(found).encode())


def _digests(folder: Traversable, *, place: str) -> list[tuple[str, str]]:
    found = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _digests(one, place=f"{place}/{one.name}")
        elif one.name.endswith(_PROGRAMS):
            found.append((f"{place}/{one.name}", sha256(one.read_bytes())))
    return found
