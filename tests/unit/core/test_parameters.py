"""What whoever starts a run may choose, and what nobody may."""

import pytest
from pydantic import ValidationError

from orchestrator.core.canonical import canonical
from orchestrator.core.consistency import inconsistencies
from orchestrator.core.model import Scalar
from orchestrator.core.parameters import Parameter, misfits, read_parameters, write_value
from orchestrator.errors import UsageError
from orchestrator.testing.examples import example_drill, example_plan

TITLE = {"fr": "Tâches", "en": "Jobs"}


def _parameter(default: Scalar, *options: Scalar) -> Parameter:
    return Parameter.model_validate({"title": TITLE, "default": default, "options": options})


DECLARED = {"jobs": _parameter(2), "dry": _parameter(False), "class": _parameter("daily", "daily", "monthly")}


def test_what_is_not_chosen_has_its_default() -> None:
    assert read_parameters(DECLARED, {}) == {"jobs": 2, "dry": False, "class": "daily"}


def test_what_is_chosen_has_the_kind_of_its_default() -> None:
    chosen = read_parameters(DECLARED, {"jobs": "08".lstrip("0"), "dry": "true", "class": "monthly"})
    assert chosen == {"jobs": 8, "dry": True, "class": "monthly"}
    assert [type(value) for value in chosen.values()] == [int, bool, str]


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="no parameter rto") as caught:
        read_parameters(DECLARED, {"rto": "4h"})
    assert caught.value.hint == (
        "its parameters: jobs (a whole number), dry (true or false), class (one of daily, monthly)"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("jobs", "many"), ("jobs", "-1"), ("jobs", "1e3"), ("dry", "yes"), ("dry", "1"), ("class", "weekly")],
)
def test_another_kind_of_value_is_refused(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=f"--set {name}"):
        read_parameters(DECLARED, {name: text})


@pytest.mark.parametrize("text", ["{{ lookup('pipe', 'id') }}", "{% x %}", "a}", "", "a\nb", "x" * 201])
def test_a_text_that_ansible_would_evaluate_or_no_report_could_print_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--set from"):
        read_parameters({"from": _parameter("vault")}, {"from": text})


@pytest.mark.parametrize(
    ("default", "options"), [("a", ("b",)), ("a", ("a", 1)), (1, (True, 1)), ("{{ x }}", ()), (-1, ()), (True, (1,))]
)
def test_a_default_is_one_of_its_own_options_and_of_their_kind(default: Scalar, options: tuple[Scalar, ...]) -> None:
    with pytest.raises(ValidationError):
        _parameter(default, *options)


def test_a_value_is_read_back_as_it_is_written() -> None:
    values: dict[str, Scalar] = {"jobs": 3, "dry": True, "class": "monthly"}
    assert read_parameters(DECLARED, {name: write_value(value) for name, value in values.items()}) == values


def test_values_that_are_not_those_of_the_drill_are_told_apart() -> None:
    assert list(misfits(DECLARED, {"jobs": 2, "dry": False, "class": "daily"})) == []
    found = list(misfits(DECLARED, {"jobs": True, "class": "yearly", "rto": 1}))
    assert found == [
        "rto is no parameter of the drill",
        "dry has no value",
        "class: 'yearly' is not one of daily, monthly",
        "jobs: True is not a whole number",
    ]


@pytest.mark.parametrize("name", ["reprise_run", "ansible_host", "recovery_point", "hostvars", "host"])
def test_what_a_playbook_is_told_anyway_is_no_name_for_a_parameter(name: str) -> None:
    drill = example_drill(parameters={name: {"title": TITLE, "default": 1}})
    assert list(inconsistencies(drill)) == [
        (("parameters", name), "is what reprise or Ansible itself calls something: name it otherwise")
    ]


def test_a_step_does_not_say_otherwise_than_whoever_starts_the_run() -> None:
    steps = [step.model_dump(by_alias=True) for step in example_drill().steps]
    steps[2]["vars"] = {"jobs": 3}
    drill = example_drill(steps=steps, parameters={"jobs": {"title": TITLE, "default": 1}})
    assert [place for place, _ in inconsistencies(drill)] == [("steps", 2, "vars", "jobs")]


def test_plans_without_parameters_and_other_targets_have_the_bytes_that_they_always_had() -> None:
    written = canonical(example_plan())
    assert b'"parameters"' not in written
    assert b'"target"' not in written


def test_hosts_that_stand_for_the_targets_are_meant_by_their_name_and_the_others_no_more() -> None:
    (database,) = example_plan().hosts
    other = database.model_copy(update={"name": "other", "groups": ("staging",)})
    plan = example_plan(hosts=(database, other), target="other")
    assert plan.called("restore-target") == (other,)
    assert plan.called("database") == (database,)
    assert example_plan(hosts=(database, other)).called("restore-target") == (database,)
