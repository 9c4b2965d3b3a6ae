"""A link leads from any page to any other; a run's name never leads out of the site."""

import posixpath

import pytest

from orchestrator.core.model import Language
from reports.site.links import Place, Section, downloads_of, file_name, run_page, section_page

RUN = "20261103T020000Z-restore-dpi-0008"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", ".hidden", "", "a b", "x" * 200, "a..b", "é", "\n"])
def test_a_hostile_name_is_named_by_its_digest(name: str) -> None:
    assert file_name(name).startswith("run-")
    assert "/" not in file_name(name)
    assert posixpath.normpath(downloads_of(name)) == downloads_of(name)


def test_an_honest_name_stays() -> None:
    assert file_name(RUN) == RUN


def test_two_hostile_names_are_two_files() -> None:
    assert file_name("a/b") != file_name("a/c")


def test_links_are_relative_to_the_page() -> None:
    front = Place(language=Language.FRENCH, page=section_page(Section.INDEX))
    run = Place(language=Language.FRENCH, page=run_page(RUN))
    assert front.to_run(RUN) == f"runs/{RUN}.html"
    assert front.twin() == "../en/index.html"
    assert run.to_section(Section.INDEX) == "../index.html"
    assert run.twin() == f"../../en/runs/{RUN}.html"
    assert run.to(downloads_of(RUN)) == f"../../files/{RUN}"


def test_an_older_part_has_its_number() -> None:
    assert section_page(Section.REGISTER, part=3) == "register-3.html"
