"""A real systemctl on a host of the lab, which no systemd started: no answer, and it says why."""

from collections.abc import Iterator

import pytest

from orchestrator.adapters.probes.unit import UnitProbe
from orchestrator.adapters.ssh import SshConnections
from orchestrator.adapters.system import NeverStop
from orchestrator.core.ports import Answer
from orchestrator.lab import Layout
from tests.staging import connected

TIMEOUT_US = 60_000_000


@pytest.fixture(scope="module")
def connections(lab: Layout) -> Iterator[SshConnections]:
    with connected(lab.project) as connections:
        yield connections


def ask(connections: SshConnections, unit: str) -> Answer:
    return UnitProbe(connections=connections).ask(
        {"host": "restore_target", "unit": unit}, timeout_us=TIMEOUT_US, stop=NeverStop()
    )


def test_a_host_answers_as_its_systemd_does(connections: SshConnections) -> None:
    """Where systemd runs, a unit that nobody has is an answer; where it does not, nothing is."""
    running = connections.run("restore", ["test", "-d", "/run/systemd/system"], timeout_us=TIMEOUT_US).exit_code == 0
    answer = ask(connections, "reprise-nobody.service")
    if running:
        assert (answer.answered, answer.values["loaded"], answer.values["active"]) == (True, False, False)
    else:
        assert answer.answered is False
        assert answer.fault.startswith(("no systemd answers on the host (exit code ", "the host has no systemctl"))


def test_a_variable_of_the_inventory_may_be_in_the_name(connections: SshConnections) -> None:
    assert "no variable nothing_there" in ask(connections, "{nothing_there}.service").fault


def test_a_host_that_is_not_there_is_told(connections: SshConnections) -> None:
    answer = UnitProbe(connections=connections).ask(
        {"host": "nowhere", "unit": "ssh.service"}, timeout_us=TIMEOUT_US, stop=NeverStop()
    )
    assert answer.fault == "no host is called nowhere"
