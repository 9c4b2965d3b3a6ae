"""Texts of people in the forms that other formats accept: on one line, and without what XML cannot hold."""

import re

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def line(text: str) -> str:
    """The text on one line, with no white space at its ends."""
    return " ".join(text.split())


def xml_text(text: str) -> str:
    """The text on one line, every character that XML 1.0 cannot hold replaced by U+FFFD."""
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", line(text))
