"""Addresses, ports and paths of a lab follow from where its state is."""

import ipaddress
from pathlib import Path

import pytest

from orchestrator.errors import LabError
from orchestrator.lab.layout import Ancestor, build_layout, refusing_ancestor
from orchestrator.lab.stacks import ALWAYS, STACKS, Stack, stack_names

STATE = Path("/srv/somebody/lab")


def test_the_same_state_gives_the_same_lab() -> None:
    assert build_layout(state=STATE, user="somebody") == build_layout(state=STATE, user="somebody")


def test_another_state_gives_other_addresses() -> None:
    one, other = (build_layout(state=Path(f"/srv/somebody/{name}"), user="somebody") for name in ("lab", "lab2"))
    assert not {host.address for host in one.hosts} & {host.address for host in other.hosts}


@pytest.mark.parametrize("number", range(50))
def test_addresses_are_loopback_and_ports_are_out_of_the_way(number: int) -> None:
    layout = build_layout(state=Path(f"/srv/labs/{number}"), user="somebody", stacks=stack_names())
    addresses = [ipaddress.ip_address(host.address) for host in layout.hosts]
    assert all(address in ipaddress.ip_network("127.0.0.0/8") for address in addresses)
    assert not any(address in ipaddress.ip_network("127.0.0.0/16") for address in addresses)
    assert len(set(addresses)) == sum(len(stack.hosts) for stack in STACKS)
    assert 20000 <= layout.ssh_port < layout.service_port < 30000


def test_every_host_has_a_directory_of_its_own_below_the_state() -> None:
    layout = build_layout(state=STATE, user="somebody")
    names = ["source", "repository", "restore", "production"]
    assert [host.directory for host in layout.hosts] == [STATE / "hosts" / name for name in names]
    assert layout.host("restore").name == "restore"


def test_the_mark_of_one_lab_is_no_beginning_of_the_mark_of_another() -> None:
    marks = [build_layout(state=Path(f"/srv/{name}"), user="somebody").mark for name in ("lab", "lab2", "lab/2")]
    assert marks == ["/srv/lab/", "/srv/lab2/", "/srv/lab/2/"]


@pytest.mark.parametrize("state", ["/srv/my lab", "/srv/l'ab", '/srv/"lab', "/srv/lab\n", "relative/lab"])
def test_a_path_that_configuration_files_cannot_hold_is_refused(state: str) -> None:
    with pytest.raises(LabError, match="cannot hold a lab"):
        build_layout(state=Path(state), user="somebody")


def test_a_path_too_long_for_a_socket_is_refused() -> None:
    longest = Path("/") / ("x" * (107 - len("/" + "/hosts/restore/run/.s.PGSQL.29999")))
    build_layout(state=longest, user="somebody")
    with pytest.raises(LabError, match="too long by 1 character"):
        build_layout(state=longest.with_name(f"{longest.name}x"), user="somebody")


@pytest.mark.parametrize(
    ("owner", "mode", "reason"),
    [
        (0, 0o755, None),
        (7, 0o700, None),
        (0, 0o1777, "can be written by others"),
        (7, 0o775, "can be written by others"),
        (8, 0o755, "belongs to neither"),
        (0, 0o700, "is closed to"),
    ],
)
def test_directories_above_the_state_are_as_sshd_wants_them(owner: int, mode: int, reason: str | None) -> None:
    above = (Ancestor(path=Path("/"), owner=0, mode=0o755), Ancestor(path=Path("/srv"), owner=owner, mode=mode))
    found = refusing_ancestor(above, user_id=7)
    assert found is None if reason is None else reason in (found or "")


def test_the_note_of_a_complete_lab_gives_the_size_of_its_data() -> None:
    layout = build_layout(state=STATE, user="somebody")
    assert layout.data_megabytes('{"megabytes": 30, "patients": 18600, "seed": 2026}') == 30


def test_a_stack_that_comes_later_moves_no_address() -> None:
    few, all_of_them = (build_layout(state=STATE, user="somebody", stacks=names) for names in ((), stack_names()))
    addresses = {host.name: host.address for host in all_of_them.hosts}
    assert all(addresses[host.name] == host.address for host in few.hosts)


def test_what_a_stack_needs_comes_with_it() -> None:
    assert [stack.name for stack in build_layout(state=STATE, user="somebody", stacks=["cleanroom"]).stacks] == [
        ALWAYS,
        "files",
        "cleanroom",
    ]


def test_a_stack_that_there_is_not_is_refused() -> None:
    with pytest.raises(LabError, match="no part called mainframe"):
        build_layout(state=STATE, user="somebody", stacks=["mainframe"])


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_a_stack_names_only_hosts_of_its_own_and_of_what_is_built_on_it(stack: Stack) -> None:
    own = {role.name for role in stack.hosts}
    # Whoever needs a stack may come to it.
    built_on_it = [other for other in STACKS if stack.name in (ALWAYS, *other.needs)]
    guests = {role.name for other in built_on_it for role in other.hosts}
    assert stack.noted_on in own
    assert {visitor for role in stack.hosts for visitor in role.visitors} <= own | guests
    assert all(role.daemon for role in stack.hosts if role.serves)
