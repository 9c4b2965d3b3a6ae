"""Texts of people in the forms that other formats accept."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from reports.export.text import line, xml_text


def test_a_line_holds_no_line_feed_and_no_space_at_its_ends() -> None:
    assert line("  a\n\tb \r\n") == "a b"


def test_what_xml_cannot_hold_is_replaced() -> None:
    assert xml_text("a\x00b\x0bc\uffff") == "a\N{REPLACEMENT CHARACTER}b c\N{REPLACEMENT CHARACTER}"


@given(st.text())
def test_any_text_survives_xml(text: str) -> None:
    element = ElementTree.Element("t")
    element.text = xml_text(text)

    assert (ElementTree.fromstring(ElementTree.tostring(element)).text or "") == xml_text(text)
