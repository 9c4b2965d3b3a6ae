"""A playbook's events arrive whole, live, and reduced to names, outcomes and times."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.ansible.processes import marked
from orchestrator.adapters.ansible.settings import LOCAL_MARK
from orchestrator.adapters.system import StopRequest, monotonic_us
from orchestrator.core.events import Event, TaskOutcome
from orchestrator.core.model import Outcome
from orchestrator.core.playbook import playbook_outcome
from orchestrator.errors import StoreError
from tests.integration.ansible.conftest import RUN, Play, Played, Underway, long_sleep, sleeping
from tests.patience import PATIENCE_SECONDS, wait_until

FAIL = {"name": "Fail", "ansible.builtin.command": "false"}
GO_ON = {"name": "Go on", "ansible.builtin.raw": "true"}


def absent(play: Play, name: str) -> Path:
    """A file on a host that is not there yet."""
    file = play.site.home("alpha") / name
    file.unlink(missing_ok=True)
    return file


def waits_for(file: Path | str) -> dict[str, Any]:
    """A task that goes on until a file is there. It gives up when the test has done so."""
    loop = f"until test -e {file}; do sleep 0.05; done"
    return {"name": "Wait", "ansible.builtin.raw": f"timeout {PATIENCE_SECONDS:.0f} sh -c '{loop}'"}


def published(claims: Any) -> dict[str, Any]:
    return {"name": "Publish", "ansible.builtin.set_stats": {"data": {"reprise_claims": claims}}}


def test_tasks_arrive_with_their_names_as_written_their_outcomes_and_their_times(play: Play) -> None:
    begun_us = monotonic_us()
    played = play.run(
        play.act(
            [
                {"name": "Look", "ansible.builtin.raw": "true", "changed_when": False},
                {"name": "Change {{ secret }}", "ansible.builtin.command": "sleep 0.3"},
                {"ansible.builtin.debug": {"msg": "never"}, "when": False},
            ],
            variables={"secret": "s3cr3t"},
        )
    )
    assert playbook_outcome(played.finished) == (Outcome.OK, "")
    assert [task.task for task in played.tasks if task.host == "alpha"] == [
        "Look",
        "Change {{ secret }}",
        "ansible.builtin.debug",
    ]
    assert played.outcomes("alpha") == played.outcomes("beta") == ["ok", "changed", "skipped"]
    assert played.finished.hosts["alpha"].model_dump(exclude_defaults=True) == {"ok": 2, "changed": 1, "skipped": 1}
    for task in played.tasks:
        assert begun_us < task.started_us <= task.finished_us < monotonic_us()
    slept = next(task for task in played.tasks if task.action == "ansible.builtin.command")
    assert slept.finished_us - slept.started_us >= 300_000


def test_events_are_recorded_while_the_playbook_goes_on(play: Play) -> None:
    file, played = absent(play, "recorded"), Played()

    def record(event: Event) -> None:
        played.record(event)
        file.touch()

    play.runner.run(play.act([GO_ON, waits_for(file)], hosts="alpha"), record=record, stop=StopRequest())
    # The second task ended only because the first one's event was recorded while it waited.
    assert playbook_outcome(played.finished) == (Outcome.OK, "")
    assert len(played.tasks) == 2


def test_claims_are_flat_names_with_short_values_and_everything_else_is_dropped_and_counted(play: Play) -> None:
    good: dict[str, Any] = {"erased_files": 12, "complete": True, "label": "20261123-020000F"}
    bad = {"nested": {"a": 1}, "long": "x" * 201, "two\nlines": 1, "text": "a\nb", "ratio": 0.5, "big": 2**53}
    played = play.run(play.act([published({**good, **bad}), published(["no mapping"])], hosts="alpha"))
    assert played.claims == good
    assert [type(played.claims[name]) for name in good] == [int, bool, str]
    assert played.finished.complete
    assert played.finished.fault == "7 claims are no flat name with a short value, and were dropped"


def test_claims_of_a_loop_arrive_too(play: Play) -> None:
    task = {
        "name": "Publish",
        "ansible.builtin.set_stats": {"data": {"reprise_claims": "{{ {'rows_' ~ item: item | int} }}"}},
        "loop": ["1", "2"],
    }
    assert play.run(play.act([task], hosts="alpha")).claims == {"rows_1": 1, "rows_2": 2}


def test_a_failure_is_a_failure(play: Play) -> None:
    played = play.run(play.act([FAIL, GO_ON], hosts="alpha"))
    assert played.outcomes() == ["failed"]
    assert played.finished.exit_code == 2
    assert playbook_outcome(played.finished) == (Outcome.FAILED, "alpha: 1 failed")


def test_ignored_and_rescued_failures_are_none_and_are_told_apart(play: Play) -> None:
    rescued = {"block": [FAIL], "rescue": [GO_ON], "always": [GO_ON]}
    played = play.run(play.act([{**FAIL, "ignore_errors": True}, rescued], hosts="alpha"))
    assert played.outcomes() == ["ignored", "failed", "changed", "changed"]
    assert playbook_outcome(played.finished) == (Outcome.OK, "")


def test_one_failure_ends_every_host_where_any_error_is_fatal(play: Play) -> None:
    tasks = [{**FAIL, "when": "inventory_hostname == 'beta'"}, GO_ON]
    played = play.run(play.act(tasks, play={"any_errors_fatal": True}))
    assert (played.outcomes("alpha"), played.outcomes("beta")) == (["skipped"], ["failed"])
    assert playbook_outcome(played.finished)[0] is Outcome.FAILED


def test_a_result_of_a_megabyte_changes_nothing(play: Play) -> None:
    """Pitfall 10: ansible-runner empties a result of more than 700 000 characters and reports success."""
    big = {"ansible.builtin.command": "head -c 1500000 /dev/zero", "register": "big"}
    played = play.run(play.act([big, published({"length": "{{ big.stdout | length }}"})], hosts="alpha"))
    assert playbook_outcome(played.finished) == (Outcome.OK, "")
    assert played.claims == {"length": 1_500_000}
    assert max(len(event.model_dump_json()) for event in played.events) < 1_000


def test_a_slow_journal_does_not_slow_the_playbook(play: Play) -> None:
    """Pitfall 4: with ansible-runner's own events 100 ms for each turned a play of 2.6 s into one of 14.5 s."""
    file, played = absent(play, "last-task"), Played()

    def record_slowly(event: Event) -> None:
        """As slow as can be: nothing is taken in until the last task has been done."""
        wait_until(file.exists)
        played.record(event)

    looped = {"ansible.builtin.debug": {"msg": "{{ item }}"}, "loop": [1]}
    last = {"ansible.builtin.raw": f"touch {file}"}
    play.runner.run(play.act([*[looped] * 9, last], hosts="alpha"), record=record_slowly, stop=StopRequest())
    assert playbook_outcome(played.finished)[0] is Outcome.OK
    assert len(played.tasks) == 10


def test_an_error_of_the_journal_passes_through_and_leaves_no_playbook_running(play: Play) -> None:
    """Pitfall 3: ansible-runner lets the playbook run on, unattended, or swallows the error."""

    seconds = long_sleep(6)

    def record(event: Event) -> None:
        """Not before the next task is under way on its target: that one has to be ended there."""
        wait_until(lambda: sleeping(seconds))
        raise StoreError("no space left")

    act = play.act([GO_ON, {"ansible.builtin.raw": f"sleep {seconds}"}], hosts="alpha")
    with pytest.raises(StoreError):
        play.runner.run(act, record=record, stop=StopRequest())
    assert not marked(name=LOCAL_MARK, value=RUN)
    assert not sleeping(seconds)


def test_two_attempts_do_not_mix(play: Play) -> None:
    """Pitfall 13: with one name for both, old events are read again."""
    first = play.run(play.act([FAIL], hosts="alpha", attempt=1))
    second = play.run(play.act([GO_ON], hosts="alpha", attempt=2))
    assert [task.attempt for task in first.tasks + second.tasks] == [1, 2]
    assert playbook_outcome(second.finished) == (Outcome.OK, "")


def test_steps_run_side_by_side(play: Play) -> None:
    """Each waits, on both hosts, for what the other does first."""
    tasks = [{"ansible.builtin.raw": "touch {{ own }}"}, waits_for("{{ other }}")]
    names = [str(absent(play, name)) for name in ("one", "two")]
    acts = [
        play.act(tasks, hosts="all", step=f"step-{number}", variables={"own": own, "other": other})
        for number, (own, other) in enumerate((names, reversed(names)))
    ]
    for underway, act in [(Underway(play, act), act) for act in acts]:
        played = underway.ended()
        assert playbook_outcome(played.finished) == (Outcome.OK, "")
        assert {task.step for task in played.tasks} == {act.step.id}
        assert played.outcomes("alpha") == played.outcomes("beta") == ["changed", "changed"]


def test_every_outcome_that_ansible_knows_is_one_that_we_know(play: Play) -> None:
    play.site.connections()
    act = play.act(
        [
            GO_ON,
            {**GO_ON, "changed_when": False},
            {**GO_ON, "when": False},
            {**FAIL, "ignore_errors": True},
            {**GO_ON, "delegate_to": "127.77.7.9", "ignore_unreachable": True},
            FAIL,
        ],
        hosts="alpha",
    )
    assert {task.outcome for task in play.run(act).tasks} == set(TaskOutcome)
