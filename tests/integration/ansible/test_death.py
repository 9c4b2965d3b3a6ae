"""The orchestrator dies at any moment: its supervisors end everything, and a sweep ends what they could not."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.ansible.processes import descendants, marked
from orchestrator.adapters.ansible.scratch import run_directory
from orchestrator.adapters.ansible.settings import LOCAL_MARK
from tests.integration.ansible.conftest import RUN, Play, Site, long_sleep, running, sleeping
from tests.patience import kill, wait_until

SLEEP = long_sleep(2)
SLEEPS = {"ansible.builtin.raw": f"sleep {SLEEP}"}
DAEMON = {"ansible.builtin.raw": f"setsid sleep {SLEEP + 1} >/dev/null 2>&1 </dev/null &"}


@contextmanager
def orchestrator(play: Play, tasks: list[dict[str, Any]]) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that runs a play on both hosts."""
    file = play.directory / "act.pickle"
    file.write_bytes(pickle.dumps((play.site, play.act(tasks), play.base)))
    command = [sys.executable, "-m", "tests.integration.ansible.lonely", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(autouse=True)
def no_trace(site: Site) -> Iterator[None]:
    yield
    kill(sleeping(SLEEP) + sleeping(SLEEP + 1))


def test_kill_9_ends_the_playbook_here_and_on_the_targets(play: Play) -> None:
    """Pitfall 2: ansible-runner ignores the hang-up, the task in progress ends on its own terms."""
    with orchestrator(play, [DAEMON, SLEEPS]) as process:
        wait_until(lambda: len(sleeping(SLEEP)) >= 2)
        ours = descendants(process.pid)
        assert len(ours) > 3
        process.kill()
        wait_until(lambda: not sleeping(SLEEP) and not sleeping(SLEEP + 1))
        wait_until(lambda: not marked(name=LOCAL_MARK, value=RUN))
        wait_until(lambda: not running(f"{play.base}"))
    wait_until(lambda: not [one for one in ours if Path(f"/proc/{one}").exists()])
    # Nothing for a sweep to do, and it knows: the mark is gone with what it stood for.
    assert play.runner.sweep(run_id=RUN, hosts=tuple(map(play.site.pinned, ("alpha", "beta")))) == ()


def test_a_sweep_ends_what_the_supervisor_could_not_and_only_that(play: Play) -> None:
    hosts = (play.site.pinned("alpha"), play.site.pinned("beta"))
    play.run(play.act([DAEMON], hosts="alpha", step="start"))
    with orchestrator(play, [SLEEPS]) as process:
        wait_until(lambda: len(sleeping(SLEEP)) >= 2)
        ours = descendants(process.pid)
        # Stopped, neither can do anything between the two deaths.
        everything = [process.pid, *ours]
        for one in everything:
            os.kill(one, signal.SIGSTOP)
        kill(everything)
    assert sleeping(SLEEP)
    said = play.runner.sweep(run_id=RUN, hosts=hosts)
    # The hosts are one machine here: whichever is looked at first has them.
    assert said
    assert all(words.endswith(("on alpha", "on beta")) for words in said), said
    assert not sleeping(SLEEP)
    assert sleeping(SLEEP + 1), "what a finished step started goes on"
    assert not run_directory(play.base, run_id=RUN).exists()
    assert play.runner.sweep(run_id="20200101T000000Z-another-0000", hosts=hosts) == ()


def test_a_sweep_after_the_machine_was_started_anew_ends_everything_of_the_run(play: Play) -> None:
    """The record of attempts is in memory: without it nobody can tell what a finished step meant to leave."""
    play.run(play.act([DAEMON], hosts="alpha", step="start"))
    play.runner.close()
    assert sleeping(SLEEP + 1)
    said = play.runner.sweep(run_id=RUN, hosts=(play.site.pinned("alpha"),))
    assert len(said) == 1
    assert not sleeping(SLEEP + 1)
