"""Where each page and file of a site is, and how one leads to another. Pure.

Every link is relative: a site works from a disk, from a share, and below any address of a server.
"""

import posixpath
import re
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language

STYLE = "assets/site.css"
FONTS = "assets/fonts"
DOWNLOADS = "files"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


class Section(StrEnum):
    """The pages of the menu, in its order."""

    INDEX = "index"
    COVERAGE = "coverage"
    CALENDAR = "calendar"
    EXERCISES = "exercises"
    TRENDS = "trends"
    ACTIONS = "actions"
    REGISTER = "register"


def other(language: Language) -> Language:
    """The language that a page is also written in."""
    return Language.ENGLISH if language is Language.FRENCH else Language.FRENCH


def section_page(section: Section, *, part: int | None = None) -> str:
    """A page of the menu, within a language. `part`: the number of an older part of a long list."""
    return f"{section}.html" if part is None else f"{section}-{part}.html"


def run_page(run_id: str) -> str:
    """The page of a run, within a language."""
    return f"runs/{file_name(run_id)}.html"


def downloads_of(run_id: str) -> str:
    """The directory of a run's files."""
    return f"{DOWNLOADS}/{file_name(run_id)}"


def file_name(run_id: str) -> str:
    """A run's name as that of a file. What could lead out of a directory is named by its digest instead."""
    plain = _PLAIN.fullmatch(run_id) and ".." not in run_id
    return run_id if plain else f"run-{sha256(run_id.encode())[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page is: its language, and its path within that."""

    language: Language
    page: str

    @property
    def path(self) -> str:
        """Its path within the site."""
        return f"{self.language}/{self.page}"

    def to(self, target: str) -> str:
        """The link from here to a path within the site."""
        return posixpath.relpath(target, posixpath.dirname(self.path))

    def to_page(self, page: str) -> str:
        """The link to another page in the same language."""
        return self.to(f"{self.language}/{page}")

    def to_section(self, section: Section) -> str:
        """The link to a page of the menu."""
        return self.to_page(section_page(section))

    def to_run(self, run_id: str) -> str:
        """The link to the page of a run."""
        return self.to_page(run_page(run_id))

    def twin(self) -> str:
        """The link to this page in the other language."""
        return self.to(f"{other(self.language)}/{self.page}")
