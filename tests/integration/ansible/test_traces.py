"""Nothing of an attempt is left on this machine: no variable, no secret, no connection, no handler, no process."""

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from orchestrator.adapters.ansible import AnsibleRunner
from orchestrator.adapters.ansible.processes import descendants
from orchestrator.adapters.ansible.scratch import run_directory, sockets_of
from orchestrator.adapters.system import StopRequest
from orchestrator.core.model import Outcome
from orchestrator.core.playbook import playbook_outcome
from tests.integration.ansible.conftest import RUN, Play, Played, Site, Underway, long_sleep, running, sleeping
from tests.patience import kill, wait_until

GO_ON = {"name": "Go on", "ansible.builtin.raw": "true"}


def connected(site: Site, host: str) -> int:
    return site.log(host).count("Accepted publickey")


def _private(directory: Path) -> bool:
    return stat.S_IMODE(directory.stat().st_mode) & 0o077 == 0 or _private(directory.parent)


def test_while_it_runs_everything_is_private_to_the_account_and_in_memory(play: Play) -> None:
    seconds = long_sleep(3)
    task = {"ansible.builtin.raw": f"sleep {seconds}"}
    underway = Underway(play, play.act([task], variables={"password": "s3cr3t"}))
    wait_until(lambda: sleeping(seconds))
    found = [path for path in play.base.rglob("*") if not path.is_socket()]
    assert any("s3cr3t" in path.read_text(encoding="utf-8") for path in found if path.name == "variables.json")
    for path in [play.base, *found]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or _private(path.parent), path
    underway.stopped()


def test_afterwards_nothing_is_left_but_the_run_s_connections(play: Play) -> None:
    """Pitfalls 8, 9: ansible-runner leaves variables, passwords and the whole environment in files."""
    play.run(play.act([GO_ON], variables={"password": "s3cr3t"}))
    left = [path for path in play.base.rglob("*") if not path.is_dir()]
    assert left
    assert all(path.is_socket() for path in left)


def test_a_playbook_sees_nothing_of_our_environment(
    play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STAGING_PASSWORD", "s3cr3t")
    monkeypatch.setenv("ANSIBLE_HOST_KEY_CHECKING", "False")
    (tmp_path / "ansible.cfg").write_text("[defaults]\nhost_key_checking = False\ncallback_result_format = nonsense\n")
    monkeypatch.chdir(tmp_path)
    claims = {
        "password": "{{ lookup('ansible.builtin.env', 'STAGING_PASSWORD') | length }}",
        "home": "{{ lookup('ansible.builtin.env', 'HOME') == home }}",
        "checked": "{{ lookup('ansible.builtin.env', 'ANSIBLE_HOST_KEY_CHECKING') }}",
    }
    with AnsibleRunner(connections=play.site.connections(), base=play.base) as fresh:
        played = Played()
        task = {"ansible.builtin.set_stats": {"data": {"reprise_claims": claims}}}
        act = play.act([task], hosts="alpha", variables={"home": os.environ["HOME"]})
        fresh.run(act, record=played.record, stop=StopRequest())
    assert played.claims == {"password": 0, "home": True, "checked": "True"}


def test_variables_of_one_attempt_do_not_reach_the_next(play: Play) -> None:
    """Pitfall 8: in a directory that is used again, the older file wins."""
    for word in ("first", "second"):
        task = {"ansible.builtin.set_stats": {"data": {"reprise_claims": {"word": "{{ word }}"}}}}
        assert play.run(play.act([task], hosts="alpha", variables={"word": word})).claims == {"word": word}


def test_signal_handlers_are_ours(play: Play) -> None:
    """Pitfall 15: ansible-runner replaces those of SIGTERM and SIGINT in the main thread, and keeps its own."""

    def handler(*_: object) -> None: ...

    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        play.run(play.act([GO_ON], hosts="alpha"))
        assert [signal.getsignal(number) for number in before] == [handler, handler]
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def test_connections_stay_warm_from_step_to_step_and_end_with_the_run(site: Site, play: Play) -> None:
    connections = site.connections()
    with AnsibleRunner(connections=connections, base=play.base / "warm") as runner:
        before = connected(site, "alpha")
        for step in ("one", "two", "three"):
            runner.run(play.act([GO_ON], hosts="alpha", step=step), record=Played().record, stop=StopRequest())
        assert connected(site, "alpha") == before + 1
        sockets = sockets_of(run_directory(play.base / "warm", run_id=RUN))
        (socket,) = [path for path in sockets.rglob("*") if path.is_socket()]
        # OpenSSH adds 17 characters while it makes one, and a path may have 107.
        assert len(str(socket)) + 17 <= 107
        assert running(f"ssh: {sockets}/")
    wait_until(lambda: not running(f"ssh: {sockets}/"))
    assert not list((play.base / "warm").iterdir())
    (play.base / "warm").rmdir()
    connections.close()


def test_the_end_does_not_wait_for_what_holds_ansibles_terminal(play: Play) -> None:
    """Pitfall 7: ansible-runner ends 5 s late, or never, where a child in the background keeps the terminal open."""
    holding, left = long_sleep(4), long_sleep(5)
    command = f"sleep {holding} >/dev/tty 2>&1 & true"
    holds = {"ansible.builtin.debug": {"msg": f"{{{{ lookup('ansible.builtin.pipe', '{command}') }}}}"}}
    leaves = {"ansible.builtin.raw": f"nohup setsid sleep {left} >/dev/null 2>&1 </dev/null &"}
    warm = play.run(play.act([GO_ON, GO_ON], hosts="alpha"))

    def is_prompt() -> bool:
        """A busy machine may make one attempt slow; what waits makes every one."""
        try:
            played = play.run(play.act([holds, leaves], hosts="alpha"))
            assert playbook_outcome(played.finished) == (Outcome.OK, "")
            assert not sleeping(holding)
            assert sleeping(left), "the step is over before what it left"
        finally:
            kill(sleeping(left))
        return played.seconds < warm.seconds + 3

    wait_until(is_prompt)


def test_what_ansible_says_before_any_task_is_the_fault(play: Play) -> None:
    played = play.run(play.act([], play={"roles": ["nowhere"]}))
    assert playbook_outcome(played.finished)[0] is Outcome.UNKNOWN
    assert "the role 'nowhere' was not found" in played.finished.fault
    assert len(played.events) == 1


def test_a_playbook_that_is_not_there_is_the_fault(play: Play) -> None:
    act = play.act([GO_ON])
    act.playbook.unlink()
    assert "could not be found" in play.run(act).finished.fault


def test_a_directory_of_somebody_else_is_not_used(site: Site, play: Play, tmp_path: Path) -> None:
    open_to_all = tmp_path / "base"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with AnsibleRunner(connections=site.connections(), base=open_to_all) as runner:
        played = Played()
        runner.run(play.act([GO_ON]), record=played.record, stop=StopRequest())
    assert "is not a private directory of this account" in played.finished.fault


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system can be mounted by root alone")
@pytest.mark.parametrize("limit", ["size=8k", "size=48k", "nr_inodes=14", "nr_inodes=18"])
def test_a_full_disk_is_unknown_and_leaves_nothing_running(site: Site, play: Play, limit: str) -> None:
    """Pitfall 11: ansible-runner's OSError escapes and leaves the playbook alone."""
    small = play.base / "small"
    small.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"{limit},mode=700", "small", small], check=True)
    try:
        before = descendants(os.getpid())
        played, connections = Played(), site.connections()
        with AnsibleRunner(connections=connections, base=small) as runner:
            task = {"ansible.builtin.command": "true"}
            runner.run(play.act([task] * 2, hosts="alpha"), record=played.record, stop=StopRequest())
        connections.close()
        assert playbook_outcome(played.finished)[0] in (Outcome.UNKNOWN, Outcome.FAILED)
        wait_until(lambda: descendants(os.getpid()) <= before)
    finally:
        subprocess.run(["umount", small], check=True)
        small.rmdir()


def test_a_reserve_that_nobody_needed_ends(site: Site, tmp_path: Path) -> None:
    before = descendants(os.getpid())
    with AnsibleRunner(connections=site.connections(), base=tmp_path):
        wait_until(lambda: descendants(os.getpid()) - before)
    assert descendants(os.getpid()) <= before
