"""Prints what was planted and what came out, whole, when the tests are over: whichever process ran them."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sabotage.honest import AS_SHIPPED
from tests.workshop import no_settings_of_ours

__all__ = ["no_settings_of_ours"]

TABLE = "sabotage"
_FOR_EACH_DRILL = 2
_HEADER = ("drill", "planted", "expected", "obtained", "cause named")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of each drill two sabotages and an honest run; all of them, an hour of real drills, with `script/sabotage`."""
    if os.environ.get("REPRISE_SABOTAGE") == "whole":
        return
    planted: Counter[str] = Counter()
    kept = [item for item in items if _is_kept(item, planted)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _is_kept(item: pytest.Item, planted: "Counter[str]") -> bool:
    given = getattr(item, "callspec", None)
    if given is None or "/sabotage/" not in item.nodeid:
        return True
    fault = given.params.get("fault") or getattr(given.params.get("trap"), "fault", None)
    if fault is None:
        return bool(given.params.get("under", AS_SHIPPED) == AS_SHIPPED)
    drill = getattr(fault, "drill", item.path.name)
    planted[drill] += 1
    return planted[drill] <= _FOR_EACH_DRILL


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
