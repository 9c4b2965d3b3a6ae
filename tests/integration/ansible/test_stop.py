"""A stop leaves nothing of the attempt running, here or on a target, and touches nothing else."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.ansible import AnsibleRunner
from orchestrator.adapters.ansible.processes import marked
from orchestrator.adapters.ansible.settings import LOCAL_MARK
from orchestrator.adapters.system import StopRequest
from orchestrator.core.model import Outcome
from orchestrator.core.playbook import playbook_outcome
from tests.integration.ansible.conftest import RUN, Play, Played, Underway, long_sleep, running, sleeping
from tests.patience import kill, wait_until

# No other process of the machine has these words in its command line.
SLEEP = long_sleep(1)


def under_way() -> list[int]:
    return sleeping(SLEEP)


TASKS: dict[str, dict[str, Any]] = {
    "command": {"ansible.builtin.command": f"sleep {SLEEP}"},
    "shell": {"ansible.builtin.shell": f"true; sleep {SLEEP}; true"},
    "raw": {"ansible.builtin.raw": f"sleep {SLEEP}"},
    "raw-in-many-lines": {"ansible.builtin.raw": f"# first\nfor one in 1; do\nsleep {SLEEP}\ndone\n"},
    "own-session": {"ansible.builtin.command": f"setsid sleep {SLEEP}"},
    "environment": {"ansible.builtin.command": f"sleep {SLEEP}", "environment": {"OTHER": "1"}},
    "asynchronous": {"ansible.builtin.command": f"sleep {SLEEP}", "async": 600, "poll": 1},
    "own-shell": {"ansible.builtin.raw": f"sleep {SLEEP}; true", "args": {"executable": "/bin/sh"}},
    "script": {"ansible.builtin.script": "sleeps.sh"},
    "deaf": {"ansible.builtin.shell": f"trap '' TERM HUP INT; sleep {SLEEP}; sleep {SLEEP}"},
    "chdir": {"ansible.builtin.shell": f"sleep {SLEEP}", "args": {"chdir": "/tmp"}},
}


@pytest.mark.parametrize("kind", TASKS)
def test_a_task_under_way_is_ended_on_the_target(play: Play, kind: str) -> None:
    """Pitfall 1: after a cancel the task in progress goes on, here in a worker and there on the target."""
    (play.directory / "sleeps.sh").write_text(f"#!/bin/sh\nsleep {SLEEP}\n", encoding="utf-8")
    underway = Underway(play, play.act([TASKS[kind]], hosts="alpha"))
    wait_until(under_way)
    played = underway.stopped()
    assert not under_way()
    assert not marked(name=LOCAL_MARK, value=RUN)
    assert not played.finished.complete
    assert played.finished.exit_code is None
    assert playbook_outcome(played.finished) == (Outcome.UNKNOWN, "stopped")


def test_a_module_is_ended_also_where_become_clears_the_environment_and_it_leaves_its_parent(play: Play) -> None:
    """As sudo and su do; a become plugin of the test's own does it without their privileges."""
    plugins = play.directory / "become_plugins"
    plugins.mkdir()
    (plugins / "forgetful.py").write_text(FORGETFUL, encoding="utf-8")
    task = {"ansible.builtin.command": f"sleep {SLEEP}", "async": 600, "poll": 1}
    become = {"become": True, "become_method": "forgetful", "become_user": "root"}
    underway = Underway(play, play.act([task], hosts="alpha", play=become))
    wait_until(under_way)
    underway.stopped()
    assert not under_way()


FORGETFUL = """
from ansible.plugins.become import BecomeBase
DOCUMENTATION = '''
name: forgetful
short_description: forgets the environment
description: As sudo does, for the same account.
options:
  become_user: {description: nobody looks at it, default: root}
  become_exe: {description: nobody looks at it, default: env}
  become_flags: {description: nobody looks at it, default: ''}
  become_pass: {description: nobody looks at it}
'''
class BecomeModule(BecomeBase):
    name = 'forgetful'
    def build_become_command(self, cmd, shell):
        super().build_become_command(cmd, shell)
        return 'env -i PATH=/usr/bin:/bin ' + self._build_success_command(cmd, shell)
"""


def test_a_stop_ends_what_a_task_of_the_attempt_left_and_not_what_an_earlier_step_left(play: Play) -> None:
    earlier, own = SLEEP + 1, SLEEP + 2

    def leave(number: int) -> dict[str, Any]:
        return {"ansible.builtin.raw": f"setsid sleep {number} >/dev/null 2>&1 </dev/null &"}

    try:
        first = play.run(play.act([leave(earlier)], hosts="alpha", step="start"))
        assert playbook_outcome(first.finished) == (Outcome.OK, "")
        # Pitfall 7: what a task leaves behind does not make anybody wait: the step is over before it is.
        assert sleeping(earlier)
        underway = Underway(play, play.act([leave(own), TASKS["raw"]], hosts="alpha"))
        wait_until(under_way)
        assert sleeping(own)
        underway.stopped()
        assert not sleeping(own)
        assert sleeping(earlier)
    finally:
        kill(sleeping(earlier))


def test_a_stop_before_the_first_task_is_a_stop(play: Play) -> None:
    stop = StopRequest()
    stop.request("at once")
    played = play.run(play.act([TASKS["raw"]], hosts="alpha"), stop=stop)
    assert playbook_outcome(played.finished) == (Outcome.UNKNOWN, "stopped")
    assert not under_way()


def test_the_connection_outlives_a_stopped_step(play: Play) -> None:
    play.run(play.act([{"ansible.builtin.raw": "true"}], hosts="alpha"))
    before = play.site.log("alpha").count("Accepted publickey")
    underway = Underway(play, play.act([TASKS["raw"]], hosts="alpha"))
    wait_until(under_way)
    underway.stopped()
    played = play.run(play.act([{"ansible.builtin.raw": "true"}], hosts="alpha"))
    assert playbook_outcome(played.finished) == (Outcome.OK, "")
    # Once more than before at most: our own connection, which ends what was stopped.
    assert play.site.log("alpha").count("Accepted publickey") <= before + 1


def test_where_a_target_cannot_be_asked_the_fault_says_that_nobody_knows(play: Play, tmp_path: Path) -> None:
    nobody = tmp_path / "known_hosts"
    nobody.touch()
    connections = play.site.connections(known_hosts=nobody)
    played = Played()
    with AnsibleRunner(connections=connections, base=play.base) as blind:
        stop = StopRequest()
        thread = threading.Thread(
            target=blind.run,
            args=(play.act([TASKS["raw"]], hosts="alpha", plan=("alpha",)),),
            kwargs={"record": played.record, "stop": stop},
        )
        thread.start()
        wait_until(under_way)
        stop.request("test")
        thread.join()
    assert played.finished.fault.startswith("stopped; nobody knows what still runs on alpha: ")
    assert under_way()
    # Who can reach the host finds it by the mark that was kept, and ends it.
    said = play.runner.sweep(run_id=RUN, hosts=(play.site.pinned("alpha"),))
    assert len(said) == 1
    assert said[0].endswith(" on alpha")
    assert not under_way()


def test_a_task_whose_connection_is_lost_does_not_go_on_beside_the_next_attempt(play: Play) -> None:
    underway = Underway(play, play.act([TASKS["raw"]], hosts="alpha"))
    wait_until(under_way)
    kill(running(f"ssh: {play.base}"))
    played = underway.ended()
    assert playbook_outcome(played.finished) == (Outcome.FAILED, "alpha: unreachable")
    assert played.finished.fault == ""
    assert not under_way()


def test_ansible_killed_from_outside_is_unknown_and_its_task_is_ended(play: Play) -> None:
    """Pitfall 16: when Ansible is killed, by the kernel for want of memory, ansible-runner's exit code is None."""
    underway = Underway(play, play.act([TASKS["raw"]], hosts="alpha"))
    wait_until(under_way)
    ours = marked(name=LOCAL_MARK, value=RUN)
    kill(process for process in running("ansible-playbook") if process in ours)
    played = underway.ended()
    assert playbook_outcome(played.finished) == (Outcome.UNKNOWN, "Ansible was killed")
    assert not under_way()


def test_a_supervisor_killed_from_outside_is_unknown_and_everything_is_ended(play: Play) -> None:
    underway = Underway(play, play.act([TASKS["raw"]], hosts="alpha"))
    wait_until(under_way)
    kill(process for process in running("ansible.supervisor") if _parent(process) == os.getpid())
    played = underway.ended()
    assert playbook_outcome(played.finished) == (
        Outcome.UNKNOWN,
        "the process that supervised the playbook was killed",
    )
    assert not under_way()
    assert not marked(name=LOCAL_MARK, value=RUN)


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
