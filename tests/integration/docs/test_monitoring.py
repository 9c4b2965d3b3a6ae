"""The example alerts and the dashboard name metrics and labels that exist; the table of events is that of the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.core.occasions import Message, OccasionName
from orchestrator.logbook import EventName
from orchestrator.project import load_project
from reports.monitoring.metrics import METRICS
from reports.register.entries import Ending
from tests.unit.test_project import GOOD

DOCS = Path(__file__).parents[3] / "docs"
LABELS = {metric.name: frozenset(metric.labels) for metric in METRICS} | {"node_textfile_mtime_seconds": {"file"}}
WORDS = {"absent", "by", "max", "or", "sum", "time"}
_TOKEN = re.compile(r'"[^"]*"|[A-Za-z_][A-Za-z0-9_]*|\{|\}|\(|\)|[0-9.]+|=~|==|[^\s\w]')
_SHOWN = re.compile(r"\{\{ ?(?:\$labels\.)?([a-z]+) ?\}\}")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "monitoring" / "dashboard.json").read_text(encoding="utf-8"))
    return found


def metrics_and_labels(expression: str) -> tuple[set[str], set[str]]:
    """The metrics that an expression names, and every label, in braces or after `by`; any other word must be known."""
    metrics, labels, closing, before = set(), set(), list[str](), ""
    for token in _TOKEN.findall(expression):
        if token in "{(":
            closing.append("label" if token == "{" or before == "by" else "plain")
        elif token in "})":
            closing.pop()
        elif re.match(r"[A-Za-z_]", token):
            if closing and closing[-1] == "label":
                labels.add(token)
            elif token not in WORDS:
                metrics.add(token)
        before = token
    assert not closing, expression
    return metrics, labels


def check(expression: str, *, shown: str = "") -> None:
    """Every name must exist; what is shown must be a label of what is asked for."""
    metrics, labels = metrics_and_labels(expression)
    assert metrics, expression
    assert metrics <= LABELS.keys(), expression
    known = frozenset().union(*(LABELS[name] for name in metrics))
    assert labels <= known, expression
    assert set(_SHOWN.findall(shown)) - {"value"} <= known, shown


def targets() -> Iterator[tuple[str, str]]:
    for panel in dashboard()["panels"]:
        yield from ((target["expr"], target["legendFormat"]) for target in panel["targets"])


@pytest.mark.parametrize(
    "expression", ["sum(reprise_nothing)", 'reprise_runs_running{drill="x"}', "rate(reprise_runs_running)"]
)
def test_a_name_that_does_not_exist_is_found(expression: str) -> None:
    with pytest.raises(AssertionError):
        check(expression)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_names_what_there_is(rule: dict[str, Any]) -> None:
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert rule["annotations"].keys() == {"summary", "action"}
    check(rule["expr"], shown=" ".join(rule["annotations"].values()))


def test_the_verdicts_of_an_alert_are_those_that_there_are() -> None:
    (expression,) = (rule["expr"] for rule in rules() if rule["alert"] == "RepriseDrillNotPassed")
    named = set(re.findall(r'verdict=~"([^"]*)"', expression)[0].split("|"))
    assert named == {ending.value for ending in Ending} - {"passed", "passed-with-gaps"}


def test_the_dashboard_asks_for_what_there_is() -> None:
    asked = list(targets())
    assert len(asked) > 10
    for expression, legend in asked:
        check(expression.replace("$project", ""), shown=legend)


def test_every_metric_is_of_use_to_somebody() -> None:
    expressions = [rule["expr"] for rule in rules()] + [expression for expression, _ in targets()]
    used = set().union(*(metrics_and_labels(expression)[0] for expression in expressions))
    assert used >= {metric.name for metric in METRICS}


def test_panels_of_the_dashboard_do_not_lie_over_one_another() -> None:
    cells = [
        (x, y)
        for panel in dashboard()["panels"]
        for place in (panel["gridPos"],)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_the_table_of_events_is_that_of_the_code() -> None:
    text = (DOCS / "reference" / "logs.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE) == [name.value for name in EventName]


def test_the_table_of_occasions_is_that_of_the_code() -> None:
    text = (DOCS / "how-to" / "monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?`) \|", text, flags=re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(named) == sorted(name.value for name in OccasionName if name is not OccasionName.TEST)


def test_the_example_of_a_message_is_one() -> None:
    text = (DOCS / "how-to" / "monitoring.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    message = Message.model_validate_json(example)
    assert message.model_dump(mode="json").keys() == json.loads(example).keys()
    assert message.important


def test_the_example_of_a_project_is_one(tmp_path: Path) -> None:
    text = (DOCS / "how-to" / "monitoring.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(notify:.*?)```", text, flags=re.DOTALL)
    (tmp_path / "reprise.yml").write_text(GOOD + example, encoding="utf-8")
    assert [one.way for one in load_project(tmp_path).definition.notify] == ["email", "webhook", "apprise"]
