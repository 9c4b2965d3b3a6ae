"""Sabotages of the drills on nodes that are cut off from the network, or lose their power."""

from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import REPLICATING, Fault, Plant, appended, blinded_proxy, on_hosts, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

pytestmark = pytest.mark.usefixtures("namespaces")

FENCE = 'end_all\n          touch "$data/standby.signal"'


def _on(hosts: str, *commands: str) -> str:
    return on_hosts(hosts, *commands, functions=REPLICATING, cluster="partition")


def _failover(workshop: Workshop) -> Path:
    return workshop.own_playbooks("postgresql") / "cluster-failover.yml"


def _after_failover(hosts: str, *commands: str) -> Plant:
    return lambda workshop: appended(_failover(workshop), _on(hosts, *commands))


def _no_fence(workshop: Workshop) -> None:
    replaced(_failover(workshop), FENCE, ":")


def _late_fence(workshop: Workshop) -> None:
    """In the end all is as it should be; for a moment there were two."""
    failover = _failover(workshop)
    replaced(failover, FENCE, ":")
    appended(failover, _on("partition_primary", "sleep 0.5", "end_all", 'touch "$data/standby.signal"'))


def _led_back(workshop: Workshop) -> None:
    """Nobody fences the old primary, and the proxy is told to lead to it and to nobody else."""
    failover = _failover(workshop)
    replaced(failover, FENCE, ":")
    blinded_proxy(failover)


def _instead(act: str, other: str) -> Plant:
    """The fabric is told something else."""
    said = "{{ act | mandatory | quote }}"
    told = f"{{{{ '{other}' if act == '{act}' else act }}}}"
    return lambda workshop: replaced(workshop.own_playbooks("network") / "fabric.yml", said, told)


def _comes_back_as_primary(workshop: Workshop) -> None:
    """As where PostgreSQL is started with its host."""
    started = _on("partition_primary", "members | grep -q . || start_and_wait 60")
    own = workshop.own_playbooks("postgresql")
    (own / "autostart.yml").write_text(started.lstrip(), encoding="utf-8")
    workshop.own_drill("power-loss")
    replaced(
        workshop.project / "drills" / "power-loss.yml",
        "  # --- verify",
        "  - id: autostart\n    phase: recover\n    needs: [power-back]\n"
        "    playbook: postgresql/autostart.yml\n  # --- verify",
    )


FAULTS = (
    Fault(
        name="fence left out: two primaries once the network is back",
        drill="network-partition",
        plant=_no_fence,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "one-primary")}),
    ),
    Fault(
        name="fence that comes after the promotion: two primaries for a moment",
        drill="network-partition",
        plant=_late_fence,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "never-two")}),
    ),
    Fault(
        name="users led back to the old primary",
        drill="network-partition",
        plant=_led_back,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "writable")}),
    ),
    Fault(
        name="cut that cuts nothing",
        drill="network-partition",
        plant=_instead("cut", "join"),
        verdicts=("inconclusive",),
        causes=frozenset({("check-cannot-fail", "identity")}),
    ),
    Fault(
        name="network that is never restored",
        drill="network-partition",
        plant=_instead("join", "cut"),
        verdicts=("passed-with-gaps",),
        causes=frozenset({("cleanup-failed", "nominal")}),
    ),
    Fault(
        name="promoted node that is read-only",
        drill="network-partition",
        plant=_after_failover(
            "partition_standby",
            "ask 'ALTER SYSTEM SET default_transaction_read_only = on'",
            "ask 'SELECT pg_reload_conf()'",
            "sleep 0.5",
            "ask 'ALTER SYSTEM RESET default_transaction_read_only'",
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "writable")}),
    ),
    Fault(
        name="loss of power that only pulls the network's wire",
        drill="power-loss",
        plant=_instead("power-off", "cut"),
        verdicts=("inconclusive",),
        causes=frozenset({("disruption-not-proved", "lost-primary")}),
    ),
    Fault(
        name="host that starts its old primary when power is back",
        drill="power-loss",
        plant=_comes_back_as_primary,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "one-primary")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("partition",), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", ["network-partition", "power-loss"])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("partition",), record=record_property, under=under)
