"""Hosts with a network of their own: cut, without power, back again; and nothing of it is on the machine's network."""

import json
import shutil
import subprocess
from dataclasses import replace

import psycopg
import pytest

from orchestrator.errors import LabError
from orchestrator.lab import Layout, ServiceState, down, status, up
from orchestrator.lab.account import ensure_account
from orchestrator.lab.namespaces import Namespaces, find_namespaces
from orchestrator.lab.processes import lab_processes
from orchestrator.lab.stacks import choose_stacks
from orchestrator.lab.tools import Tools, find_tools
from tests.integration.lab.conftest import Ask, OnHost
from tests.patience import kill, wait_until

NODE = "SELECT current_setting('cluster_name'), pg_is_in_recovery()"
FIRST, SECOND = ("partition_a", False), ("partition_b", True)


@pytest.fixture
def lab(wired_lab: Layout) -> Layout:
    """The lab of this file, for `ask` and `on_host` too: as a drill wants to find it."""
    up(state=wired_lab.state, data_megabytes=5, say=print)
    return wired_lab


@pytest.fixture
def tools() -> Tools:
    return find_tools(choose_stacks(("partition",)))


def fabric(lab: Layout, on_host: OnHost, act: str, host: str) -> dict[str, int]:
    done = on_host("partition_switch", f"{lab.host('partition_switch').directory}/etc/fabric {act} {host}")
    assert done.returncode == 0, done.stderr
    said: dict[str, int] = json.loads(done.stdout)
    return said


def services(lab: Layout) -> dict[str, ServiceState]:
    return {host.name: host.service for host in status(state=lab.state).hosts if host.name.startswith("partition_")}


def network_of_the_machine() -> tuple[str, str]:
    """Interfaces with their addresses, and routes; lifetimes of leases left out."""
    ip = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")
    assert ip is not None
    names = subprocess.run([ip, "-brief", "addr"], capture_output=True, text=True, check=True).stdout
    routes = subprocess.run([ip, "route"], capture_output=True, text=True, check=True).stdout
    return names, routes


def test_a_wired_host_is_apart_from_the_machine_and_within_reach_of_the_operator(lab: Layout, ask: Ask) -> None:
    assert "198.18.0." not in "".join(network_of_the_machine())
    assert "fabric" not in network_of_the_machine()[0]
    assert ask("partition_proxy", NODE) == ask("partition_a", NODE) == [FIRST]
    assert ask("partition_b", NODE) == [SECOND]


def test_who_is_cut_off_goes_on_on_its_own_side_only(lab: Layout, ask: Ask, on_host: OnHost) -> None:
    fabric(lab, on_host, "cut", "partition_a")
    follows = f"{lab.host('partition_b').directory}/etc/follows"
    wait_until(lambda: on_host("partition_b", follows).returncode != 0)
    with pytest.raises(psycopg.OperationalError):
        ask("partition_proxy", NODE)
    insert = "INSERT INTO reprise.canary (run, seq) VALUES ('cut off', 1) RETURNING seq"
    assert ask("partition_a", insert, role="reprise_canary") == [(1,)]
    arrived = "SELECT count(*) FROM reprise.canary WHERE run = 'cut off'"
    assert ask("partition_b", arrived) == [(0,)]

    fabric(lab, on_host, "join", "partition_a")
    wait_until(lambda: ask("partition_b", arrived) == [(1,)])


def test_without_power_nothing_of_a_host_is_left_and_with_it_the_host_is_back(lab: Layout, on_host: OnHost) -> None:
    said = fabric(lab, on_host, "power-off", "partition_b")
    assert said["killed_processes"] >= 5
    assert [one for one in lab_processes(lab) if one.host == "partition_b"] == []
    assert not next(host for host in status(state=lab.state).hosts if host.name == "partition_b").sshd

    fabric(lab, on_host, "power-on", "partition_b")
    assert on_host("partition_b", "echo $REPRISE_LAB_HOST").stdout == "partition_b\n"
    # Its door is open, and behind it nobody listens.
    assert services(lab)["partition_b"] is ServiceState.DOWN
    assert up(state=lab.state, data_megabytes=5, say=print).healthy


def test_what_is_not_understood_changes_nothing(lab: Layout, on_host: OnHost) -> None:
    for words in ("burn partition_a", "cut source", "cut", ""):
        done = on_host("partition_switch", f"{lab.host('partition_switch').directory}/etc/fabric {words}")
        assert done.returncode != 0
        assert "not understood: say one of cut, join, power-off, power-on and one of partition_a" in done.stderr
    assert services(lab)["partition_a"] is ServiceState.UP


def test_with_its_fabric_every_wired_host_ends_and_up_brings_all_back(lab: Layout, ask: Ask) -> None:
    switch = [one.pid for one in lab_processes(lab) if one.host == "partition_switch" and "fabric.py" in one.command]
    assert len(switch) == 1
    kill(switch)
    wired = {host.name for host in lab.hosts if host.role.wired}
    wait_until(lambda: not [one for one in lab_processes(lab) if one.host in wired])
    assert not status(state=lab.state).healthy

    assert up(state=lab.state, data_megabytes=5, say=print).healthy
    assert (ask("partition_a", NODE), ask("partition_b", NODE)) == ([FIRST], [SECOND])


def test_down_leaves_nothing(lab: Layout) -> None:
    assert down(state=lab.state, say=print).down
    assert lab_processes(lab) == ()
    assert not any(host.sshd for host in status(state=lab.state).hosts)


def test_the_account_of_the_lab_needs_no_root_here(namespaces: None, tools: Tools) -> None:
    assert find_namespaces(account=ensure_account(), tools=tools) in set(Namespaces)


def test_a_machine_that_has_no_namespaces_is_told_with_the_reason(tools: Tools) -> None:
    """`unshare` of a kernel that refuses: what it says is in the message, and what to do in the hint."""
    refusing = replace(
        ensure_account(), prefix=("/bin/sh", "-c", "echo 'unshare failed: Operation not permitted' >&2; exit 1")
    )
    without = replace(tools, others=(*tools.others, ("ip", "/bin/false")))
    with pytest.raises(LabError, match=r"no network namespaces \(unshare failed: Operation not permitted\)") as refused:
        find_namespaces(account=refusing, tools=without)
    assert "bring the lab up without that part" in (refused.value.hint or "")
