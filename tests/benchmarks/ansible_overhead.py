"""What the adapter adds to `ansible-playbook`: the same plays, one after the other in turns, over the same SSH.

Run as `python -m tests.benchmarks.ansible_overhead`, on a machine that has nothing else to do. Prints medians of five.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestrator.adapters.ansible import AnsibleRunner
from orchestrator.adapters.ansible.sockets import close_masters
from orchestrator.core.model import Outcome
from orchestrator.core.playbook import playbook_outcome
from tests.integration.ansible.conftest import Play, Site, booted_site

ROUNDS = 5
PLAYS: dict[str, list[dict[str, Any]]] = {
    "one raw task": [{"ansible.builtin.raw": "true"}],
    "ten raw tasks": [{"ansible.builtin.raw": "true"}] * 10,
    "ten command tasks": [{"ansible.builtin.command": "true"}] * 10,
    "a restore of 5 s": [{"ansible.builtin.raw": "true"}] * 3 + [{"ansible.builtin.raw": "sleep 5"}],
}


def main() -> None:
    """Print one line for each play."""
    with (
        booted_site() as site,
        tempfile.TemporaryDirectory(prefix="rb", dir="/dev/shm") as scratch,
        _play(site, scratch) as play,
    ):
        raw_environment = _raw_environment(site, Path(scratch))
        _say(f"{'play':20} {'ansible-playbook':>17} {'reprise':>9} {'added':>18}")
        for name, tasks in PLAYS.items():
            act = play.act(tasks, hosts="alpha")

            def ours(act: Any = act) -> None:
                assert playbook_outcome(play.run(act).finished)[0] is Outcome.OK

            def raw(act: Any = act) -> None:
                command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(site.inventory)]
                subprocess.run([*command, str(act.playbook)], check=True, capture_output=True, env=raw_environment)

            theirs_s, ours_s = _medians(raw, ours)
            added = ours_s - theirs_s
            words = f"{theirs_s:15.3f} s {ours_s:7.3f} s {added * 1000:6.0f} ms {added / theirs_s:+8.1%}"
            _say(f"{name:20} {words}")
        close_masters(Path(scratch, "cp"))


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _medians(*measured: Callable[[], None]) -> list[float]:
    """In turns, so that what else the machine does falls on all of them; the first turn warms up and does not count."""
    seconds: list[list[float]] = [[] for _ in measured]
    for turn in range(ROUNDS + 1):
        for each, one in zip(seconds, measured, strict=True):
            begun = time.monotonic()
            one()
            if turn:
                each.append(time.monotonic() - begun)
    return [statistics.median(each) for each in seconds]


def _raw_environment(site: Site, scratch: Path) -> dict[str, str]:
    """The same settings of SSH, as somebody would write them who runs playbooks by hand and has read the manual."""
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "HOME": os.environ["HOME"],
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_SSH_USETTY": "False",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(scratch / "cp"),
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=auto -o ControlPersist=60s",
    }


@contextmanager
def _play(site: Site, scratch: str) -> Iterator[Play]:
    connections = site.connections()
    base = Path(scratch, "b")
    directory = Path(scratch, "p")
    directory.mkdir()
    with AnsibleRunner(connections=connections, base=base) as runner:
        yield Play(site=site, runner=runner, base=base, directory=directory)
    connections.close()


if __name__ == "__main__":
    main()
