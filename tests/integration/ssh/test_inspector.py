from pathlib import Path

import pytest

from orchestrator.adapters.ssh import HostAddress, SshConnections, SshHostInspector
from orchestrator.adapters.ssh.clock import EXCHANGES
from orchestrator.adapters.system import monotonic_us
from orchestrator.core.events import GuardCheck
from orchestrator.core.plan import Boundary, PinnedHost
from orchestrator.lab import Layout
from tests.scratch import CLOSED_PORT
from tests.staging import pinned, workplace

KEY, MARKER, PRODUCTION = (
    GuardCheck.HOST_KEY_KNOWN,
    GuardCheck.MARKER_MATCHES,
    GuardCheck.PRODUCTION_UNREACHABLE,
)


@pytest.fixture
def boundary(lab: Layout) -> Boundary:
    return workplace(lab.project).project.boundary


@pytest.fixture
def restore(lab: Layout) -> PinnedHost:
    return pinned(lab.project, "restore")


def refused(connections: SshConnections, host: PinnedHost, boundary: Boundary) -> dict[GuardCheck, str]:
    """What was answered no, each with its detail. Everything must have been answered."""
    answers = SshHostInspector(connections=connections).inspect(host, boundary=boundary)
    assert [answer.check for answer in answers] == [KEY, MARKER, PRODUCTION]
    assert all(answer.subject == host.name for answer in answers)
    assert all(answer.detail for answer in answers if not answer.ok)
    return {answer.check: answer.detail for answer in answers if not answer.ok}


@pytest.mark.parametrize("name", ["source", "repository", "restore"])
def test_a_staging_host_answers_yes_to_everything(
    connections: SshConnections, lab: Layout, boundary: Boundary, name: str
) -> None:
    assert refused(connections, pinned(lab.project, name), boundary) == {}


def test_production_has_no_marker(connections: SshConnections, lab: Layout, boundary: Boundary) -> None:
    assert set(refused(connections, pinned(lab.project, "production"), boundary)) == {MARKER}


@pytest.mark.parametrize(
    "changes",
    [
        {"project": "another-project"},
        {"staging_groups": ("another-group",)},
        {"staging_groups": ()},
        {"marker_path": "/nowhere/{host}.json"},
        {"marker_path": "/etc/hostname"},
        {"marker_path": "{unknown_variable}/marker.json"},
    ],
)
def test_a_marker_of_something_else_is_a_no(
    connections: SshConnections, restore: PinnedHost, boundary: Boundary, changes: dict[str, object]
) -> None:
    assert set(refused(connections, restore, boundary.model_copy(update=changes))) == {MARKER}


def test_the_marker_of_another_host_is_a_no(
    connections: SshConnections, restore: PinnedHost, boundary: Boundary
) -> None:
    path = boundary.marker_path.replace("{host}", "source")
    assert "host source" in refused(connections, restore, boundary.model_copy(update={"marker_path": path}))[MARKER]


def test_a_host_that_is_in_another_staging_group_than_its_marker_says_is_a_no(
    connections: SshConnections, restore: PinnedHost, boundary: Boundary
) -> None:
    moved = restore.model_copy(update={"groups": ("sandbox",)})
    both = boundary.model_copy(update={"staging_groups": ("staging", "sandbox")})
    assert set(refused(connections, moved, both)) == {MARKER}


def test_production_that_answers_from_the_host_is_a_no(
    connections: SshConnections, lab: Layout, restore: PinnedHost, boundary: Boundary
) -> None:
    production = pinned(lab.project, "production")
    silent = f"{production.address}:{CLOSED_PORT}"
    answering = f"{production.address}:{production.port}"
    both = boundary.model_copy(update={"production_endpoints": (silent, answering)})
    assert refused(connections, restore, both)[PRODUCTION] == f"{answering}: production answers from here"


@pytest.mark.parametrize("endpoints", [(), ("nowhere.invalid:5432",), ("production",), ("[::1:5432", "x:y")])
def test_what_was_not_really_asked_is_a_no(
    connections: SshConnections, restore: PinnedHost, boundary: Boundary, endpoints: tuple[str, ...]
) -> None:
    changed = boundary.model_copy(update={"production_endpoints": endpoints})
    assert set(refused(connections, restore, changed)) == {PRODUCTION}


def test_a_host_without_python_cannot_be_asked_and_that_is_a_no(
    lab: Layout, connections: SshConnections, restore: PinnedHost, boundary: Boundary
) -> None:
    bare = HostAddress(
        name="restore",
        address=restore.address,
        port=restore.port,
        user=connections.address("restore").user,
        key_file=connections.address("restore").key_file,
        python="/nowhere/python3",
    )
    other = SshConnections(hosts={"restore": bare}, known_hosts=workplace(lab.project).project.known_hosts)
    assert set(refused(other, restore, boundary)) == {PRODUCTION}
    other.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"host_key_sha256": None},
        {"host_key_sha256": "SHA256:" + "A" * 43},
        {"port": CLOSED_PORT},
        {"address": "127.0.0.1"},
        {"name": "unheard-of"},
    ],
)
def test_nothing_is_asked_of_a_host_that_is_not_the_pinned_one(
    connections: SshConnections, restore: PinnedHost, boundary: Boundary, changes: dict[str, object]
) -> None:
    answers = refused(connections, restore.model_copy(update=changes), boundary)
    assert set(answers) == {KEY, MARKER, PRODUCTION}
    assert all("not asked" in answers[check] for check in (MARKER, PRODUCTION))


def test_a_host_whose_key_is_not_listed_is_not_logged_in_to(
    connections: SshConnections, restore: PinnedHost, boundary: Boundary, tmp_path: Path
) -> None:
    nothing = tmp_path / "known_hosts"
    nothing.touch()
    other = SshConnections(hosts={"restore": connections.address("restore")}, known_hosts=nothing)
    assert set(refused(other, restore, boundary)) == {KEY, MARKER, PRODUCTION}


def test_the_clock_of_a_host_of_this_machine_is_ours_within_its_bound(connections: SshConnections, lab: Layout) -> None:
    inspector = SshHostInspector(connections=connections)
    for name in ("source", "repository", "restore"):
        begun_us = monotonic_us()
        measured = inspector.measure_clock(pinned(lab.project, name), moment="before")
        took_us = monotonic_us() - begun_us
        # All hosts of the lab share one kernel clock: the true offset is 0.
        assert abs(measured.offset_us) <= measured.error_us
        # Half of the quickest round trip, which is no longer than the average one; rounded outwards by 2 us.
        assert (measured.error_us - 2) * 2 * EXCHANGES <= took_us
        assert (measured.host, measured.moment) == (name, "before")
