"""Identifiers, tokens and properties of OSCAL documents."""

import re

import pytest

from reports.catalogue import load_whole_catalogue
from reports.export.oscal.terms import identify, properties, token, without_empty

TOKEN = re.compile(r"^([^\W\d]|_)[\w.\-]*$")
"""NIST's pattern, as far as `re` can say it."""


def test_an_identifier_depends_on_its_path_and_on_nothing_else() -> None:
    assert identify("run", "check", "readable") == identify("run", "check", "readable")
    assert identify("run", "check", "readable") != identify("run", "watch", "readable")
    assert identify("run")[14] == "5"


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        (("iso27001", "A.5.30"), "iso27001_A.5.30"),
        (("rgpd", "art. 32(1)(c)"), "rgpd_art.-32-1-c"),
        (("iso22301", "8.5"), "iso22301_8.5"),
        (("8.5",), "_8.5"),
        (("été",), "t"),
    ],
)
def test_a_token_has_no_character_that_oscal_refuses(parts: tuple[str, ...], written: str) -> None:
    assert token(*parts) == written
    assert TOKEN.match(written)


def test_no_two_controls_of_the_catalogue_become_one_token() -> None:
    catalogue = load_whole_catalogue()
    written = [(name, ref) for name, framework in catalogue.frameworks.items() for ref in framework.controls]

    assert len({token(name, ref) for name, ref in written}) == len(written) > 50


def test_a_property_that_says_nothing_is_left_out() -> None:
    assert [one["name"] for one in properties(run_id="r", reason="", change=None, met=False, lost=0)] == [
        "run-id",
        "met",
        "lost",
    ]
    assert properties(met=False)[0]["value"] == "false"


def test_empty_members_are_left_out_and_false_ones_are_not() -> None:
    assert without_empty({"a": [], "b": "", "c": {}, "d": None, "e": 0, "f": False}) == {"e": 0, "f": False}
