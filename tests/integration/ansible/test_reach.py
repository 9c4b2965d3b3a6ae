"""Only the plan's hosts can be reached, each with its pinned key; whatever else a playbook names, it reaches nobody."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.model import Outcome
from orchestrator.core.playbook import playbook_outcome
from tests.integration.ansible.conftest import ADDRESSES, Play, Site

PRODUCTION = ADDRESSES["production"]
LEFT_OUT = "plays left out, as none of their hosts is under targets or touches: 1"
TOUCH = {"name": "Touch", "ansible.builtin.raw": "true"}


def to_production(site: Site) -> dict[str, Any]:
    """Everything that says how production is reached: a playbook that means it well enough."""
    return {"ansible_host": PRODUCTION, "ansible_port": site.port, "ansible_user": site.user}


def lax() -> dict[str, Any]:
    return {
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        "ansible_ssh_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        "ansible_ssh_extra_args": "-o StrictHostKeyChecking=no",
        "ansible_host_key_checking": False,
        "ansible_ssh_host_key_checking": False,
    }


@pytest.fixture(autouse=True)
def production_sees_nobody(site: Site) -> Any:
    """Whatever a test of this file tries."""
    before = site.log("production")
    yield
    said = site.log("production").removeprefix(before)
    for word in ("Accepted", "publickey", "session", "Failed"):
        assert word not in said, said


def test_production_would_see_an_authentication(site: Site) -> None:
    """The check of this file can fail: alpha's log has what production's must not have."""
    connections = site.connections()
    connections.run("alpha", ["true"], timeout_us=60_000_000)
    connections.close()
    assert "Accepted publickey" in site.log("alpha")


def test_all_hosts_are_those_of_the_plan(play: Play) -> None:
    played = play.run(play.act([TOUCH], hosts="all"))
    assert {task.host for task in played.tasks} == {"alpha", "beta"}


def test_a_plan_of_one_host_reaches_one_host(play: Play) -> None:
    played = play.run(play.act([TOUCH], hosts="staging", plan=("beta",)))
    assert {task.host for task in played.tasks} == {"beta"}


@pytest.mark.parametrize("hosts", ["production", "live", PRODUCTION])
def test_a_play_on_another_host_matches_none_and_that_is_not_ok(play: Play, hosts: str) -> None:
    """Pitfall 17: Ansible ends with 0 and says successful."""
    played = play.run(play.act([TOUCH], hosts=hosts))
    assert not played.tasks
    assert played.finished.exit_code == 0
    outcome, words = playbook_outcome(played.finished)
    assert outcome is Outcome.UNKNOWN
    # An address is no name of the inventory.
    assert words == ("no task was done on any host" if hosts == PRODUCTION else LEFT_OUT)


@pytest.mark.parametrize("hosts", ["live", "production", "live:!beta", "other,live"])
def test_a_play_that_is_left_out_is_not_made_good_by_its_neighbour(play: Play, hosts: str) -> None:
    played = play.run(
        play.act_of([{"hosts": named, "gather_facts": False, "tasks": [TOUCH]} for named in ("alpha", hosts)])
    )
    assert played.outcomes("alpha") == ["changed"]
    assert playbook_outcome(played.finished) == (Outcome.UNKNOWN, LEFT_OUT)


def test_a_group_that_the_playbook_makes_for_itself_may_be_empty(play: Play) -> None:
    group = {"ansible.builtin.group_by": {"key": "lost"}, "when": "false"}
    plays = [
        {"hosts": "alpha", "gather_facts": False, "tasks": [TOUCH, group]},
        {"hosts": "lost", "gather_facts": False, "tasks": [TOUCH]},
    ]
    assert playbook_outcome(play.run(play.act_of(plays)).finished) == (Outcome.OK, "")


def test_neither_the_variables_of_other_hosts_nor_of_their_groups_are_there(play: Play) -> None:
    claims = {
        "own": "{{ colour }}",
        "hosts": "{{ groups['all'] | join(' ') }}",
        "live": "{{ groups['live'] | length }}",
        "others": "{{ hostvars['production'] is defined }}",
        "secret": "{{ live_secret is defined }}",
    }
    played = play.run(play.act([{"ansible.builtin.set_stats": {"data": {"reprise_claims": claims}}}], hosts="alpha"))
    assert played.claims == {"own": "green", "hosts": "alpha beta", "live": 0, "others": False, "secret": False}


@pytest.mark.parametrize("name", ["production", PRODUCTION])
def test_a_task_delegated_to_production_reaches_nobody(play: Play, name: str) -> None:
    played = play.run(play.act([{**TOUCH, "delegate_to": name, "vars": {**to_production(play.site), **lax()}}]))
    assert set(played.outcomes()) <= {"unreachable", "failed"}
    assert playbook_outcome(played.finished)[0] is Outcome.FAILED


def test_production_added_by_the_playbook_reaches_nobody(play: Play) -> None:
    add = {"ansible.builtin.add_host": {"name": "stranger", "groups": ["late"], **to_production(play.site), **lax()}}
    plays = [
        {"hosts": "alpha", "gather_facts": False, "tasks": [add]},
        {"hosts": "late", "gather_facts": False, "tasks": [TOUCH]},
    ]
    played = play.run(play.act_of(plays))
    assert played.outcomes("stranger") == ["unreachable"]
    assert playbook_outcome(played.finished) == (Outcome.FAILED, "stranger: unreachable")


def test_a_play_that_points_a_name_of_the_plan_at_production_reaches_nobody(play: Play) -> None:
    played = play.run(play.act([TOUCH], hosts="alpha", play={"vars": {**to_production(play.site), **lax()}}))
    assert played.outcomes("alpha") == ["unreachable"]


def test_this_machine_is_no_host_of_the_plan(play: Play, tmp_path: Path) -> None:
    file = tmp_path / "touched"
    touch = {"ansible.builtin.command": f"touch {file}"}
    plays = [
        {"hosts": "localhost", "gather_facts": False, "tasks": [{**touch, "ignore_unreachable": True}]},
        {"hosts": "alpha", "gather_facts": False, "connection": "local", "tasks": [{"ansible.builtin.raw": "true"}]},
        {"hosts": "alpha", "gather_facts": False, "tasks": [{**touch, "delegate_to": "localhost"}]},
    ]
    played = play.run(play.act_of(plays))
    assert played.outcomes("localhost") == ["unreachable"]
    # The second play said `connection: local` and was carried out on alpha all the same.
    assert played.outcomes("alpha") == ["changed", "unreachable"]
    assert not file.exists()


def test_a_host_without_a_known_key_is_not_spoken_to(play: Play, tmp_path: Path) -> None:
    """Pitfall 18: ansible-runner turns the check of host keys off unless it is told otherwise.

    A connection that earlier steps made with a known key is there, and must not be used.
    """
    play.run(play.act([TOUCH], hosts="alpha"))
    nobody = tmp_path / "known_hosts"
    nobody.touch()
    before = play.site.log("alpha")
    played = play.run(play.act([TOUCH], hosts="alpha", known_hosts=nobody))
    assert played.outcomes("alpha") == ["unreachable"]
    assert playbook_outcome(played.finished) == (Outcome.FAILED, "alpha: unreachable")
    assert "Accepted" not in play.site.log("alpha").removeprefix(before)


def test_a_host_with_another_key_than_the_pinned_one_is_not_spoken_to(play: Play, tmp_path: Path) -> None:
    """The file was changed after the plan was sealed: it now trusts the key of somebody else at alpha's address."""
    changed = tmp_path / "known_hosts"
    lines = play.site.known_hosts.read_text(encoding="ascii").splitlines()
    stranger = next(line for line in lines if PRODUCTION in line).split()[1:]
    changed.write_text(f"[{ADDRESSES['alpha']}]:{play.site.port} {' '.join(stranger)}\n", encoding="ascii")
    before = play.site.log("alpha")
    played = play.run(play.act([TOUCH], hosts="alpha", known_hosts=changed))
    assert played.outcomes("alpha") == ["unreachable"]
    assert "Accepted" not in play.site.log("alpha").removeprefix(before)


def test_an_unreachable_host_that_the_playbook_ignores_is_unknown_and_not_ok(play: Play, tmp_path: Path) -> None:
    """Pitfall 16: Ansible ends with 0 and counts the host as ok."""
    nobody = tmp_path / "known_hosts"
    nobody.touch()
    played = play.run(play.act([{**TOUCH, "ignore_unreachable": True}], hosts="alpha", known_hosts=nobody))
    assert played.finished.exit_code == 0
    assert played.finished.hosts["alpha"].ok == 1
    assert playbook_outcome(played.finished) == (
        Outcome.UNKNOWN,
        "alpha was unreachable, and the playbook does not count it",
    )
