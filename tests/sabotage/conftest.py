"""Prints what was planted and what came out, whole, when the tests are over: whichever process ran them."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

TABLE = "sabotage"
_HEADER = ("drill", "planted", "expected", "obtained", "cause named")


@pytest.fixture(autouse=True)
def no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has in his environment does not reach a test."""
    for name in [name for name in os.environ if name.endswith("_DSN") or name.startswith("ANSIBLE_")]:
        monkeypatch.delenv(name)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rows = sorted(_rows(terminalreporter.stats))
    if not rows:
        return
    terminalreporter.section("sabotage")
    widths = [max(len(row[column]) for row in (*rows, _HEADER)) for column in range(len(_HEADER))]
    for row in (_HEADER, *rows):
        terminalreporter.write_line(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _rows(stats: dict[str, list[Any]]) -> Iterator[tuple[str, ...]]:
    for reports in stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue  # Its other reports bring the same line.
            yield from (tuple(row) for name, row in getattr(report, "user_properties", ()) if name == TABLE)
