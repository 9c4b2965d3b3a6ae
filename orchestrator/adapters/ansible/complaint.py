"""Ansible's first complaint in what ansible-runner kept of its output, for a playbook that never came to a task."""

import re
from pathlib import Path

_LONGEST = 200
# The second is how it complains before it has its settings.
_MARK = re.compile(r"^(\[ERROR\]|ERROR): ", re.MULTILINE)


def first_complaint(directory: Path) -> str:
    """The first error in the output below an attempt's directory, on one line; empty where there is none."""
    for output in directory.glob("artifacts/*/stdout"):
        return complaint_in(output.read_text(encoding="utf-8", errors="replace"))
    return ""


def complaint_in(output: str) -> str:
    """The first error of an output; Ansible breaks it into lines of 80 characters and ends it with an empty one."""
    plain = output.replace("\r", "")
    found = _MARK.search(plain)
    words = plain[found.end() :].partition("\n\n")[0] if found else ""
    return " ".join(words.split())[:_LONGEST]
