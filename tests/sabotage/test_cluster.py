"""Sabotages of the drills on two PostgreSQL nodes behind a proxy."""

from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import PSQL, REPLICATING, Fault, Plant, appended, blinded_proxy, on_hosts, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop


def _after_failover(hosts: str, *commands: str) -> Plant:
    return lambda workshop: appended(
        workshop.own_playbooks("postgresql") / "cluster-failover.yml",
        on_hosts(hosts, *commands, functions=REPLICATING),
    )


def _blind_proxy(workshop: Workshop) -> None:
    """The proxy is told to send nobody to the node that takes over."""
    blinded_proxy(workshop.own_playbooks("postgresql") / "cluster-failover.yml")


def _lagging(workshop: Workshop) -> None:
    """The standby applies what it receives half a minute late: its host is told so before the drill looks at it."""
    own = workshop.own_playbooks("postgresql")
    workshop.own_drill("postgresql-failover")
    (own / "lag.yml").write_text(
        on_hosts(
            "cluster_standby",
            "ask \"ALTER SYSTEM SET recovery_min_apply_delay = '30s'\"",
            "ask 'SELECT pg_reload_conf()'",
            "sleep 4",
            functions=REPLICATING,
        ).lstrip(),
        encoding="utf-8",
    )
    drill = workshop.project / "drills" / "postgresql-failover.yml"
    replaced(
        drill,
        "  - id: standby-follows\n    phase: prepare\n",
        "  - id: lag\n    phase: prepare\n    playbook: postgresql/lag.yml\n"
        "  - id: standby-follows\n    phase: prepare\n    needs: [lag]\n",
    )
    nominal = own / "cluster-nominal.yml"
    text = nominal.read_text(encoding="utf-8")
    healed = on_hosts(
        "cluster_standby",
        "ask 'ALTER SYSTEM RESET recovery_min_apply_delay'",
        "ask 'SELECT pg_reload_conf()'",
        functions=REPLICATING,
    )
    nominal.write_text(text + healed, encoding="utf-8")


def _no_promotion(workshop: Workshop) -> None:
    promote = workshop.own_playbooks("postgresql") / "cluster-promote.yml"
    # In prepare the same playbook must work: only the way back is spoiled.
    for act in ("promote", "leads_somewhere"):
        replaced(promote, f"        {act} {{{{", f"        [ '{{{{ arriving }}}}' = cluster_primary ] || {act} {{{{")


def _no_replication(workshop: Workshop) -> None:
    rejoin = workshop.own_playbooks("postgresql") / "cluster-rejoin.yml"
    replaced(rejoin, "follows || rejoin", "[ '{{ following }}' = cluster_standby ] || follows || rejoin")


def _commits_that_hang(workshop: Workshop) -> None:
    """The promoted node waits with each commit for a synchronous standby that there is not."""
    own = workshop.own_playbooks("postgresql")
    wait, heal = (
        "ask \"ALTER SYSTEM SET synchronous_standby_names = 'nobody'\"",
        "ask 'ALTER SYSTEM RESET synchronous_standby_names'",
    )
    failover, nominal = own / "cluster-failover.yml", own / "cluster-nominal.yml"
    reload = "ask 'SELECT pg_reload_conf()'"
    # Long enough for the last commit from before to be seen as old.
    appended(failover, on_hosts("cluster_standby", wait, reload, "sleep 5", functions=REPLICATING))
    # Whatever has become of the two nodes by then: neither may keep it.
    appended(nominal, on_hosts("cluster_nodes", heal, reload, functions=REPLICATING))


def _connection_dropped(workshop: Workshop) -> None:
    """The sshd of the standby drops the connection over which the promotion was to be asked for."""
    failover = workshop.own_playbooks("postgresql") / "cluster-failover.yml"
    replaced(failover, "promote {{ promotion_timeout | default(60) | int }}", "kill -KILL $PPID")


def _started_again(workshop: Workshop) -> None:
    """On the way back the second node is not made to follow: it is started as the primary that it was."""
    rejoin = workshop.own_playbooks("postgresql") / "cluster-rejoin.yml"
    start = 'rm -f "$data/standby.signal"; start_and_wait 60'
    replaced(
        rejoin,
        "follows || rejoin",
        f"if [ '{{{{ following }}}}' = cluster_standby ]; then {start}; else follows || rejoin; fi",
    )


FAULTS = (
    Fault(
        name="promoted node that is read-only",
        drill="postgresql-failover",
        plant=_after_failover(
            "cluster_standby",
            "ask 'ALTER SYSTEM SET default_transaction_read_only = on'",
            "ask 'SELECT pg_reload_conf()'",
            "sleep 0.5",
            "ask 'ALTER SYSTEM RESET default_transaction_read_only'",
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "writable")}),
    ),
    Fault(
        name="two primaries: the old one comes back unfenced",
        drill="postgresql-failover",
        plant=_after_failover("cluster_primary", 'rm -f "$data/standby.signal"', "start_and_wait 60"),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "one-primary")}),
    ),
    Fault(
        name="proxy that does not lead to the new primary",
        drill="postgresql-failover",
        plant=_blind_proxy,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "writable"), ("check-failed", "identity")}),
    ),
    Fault(
        name="replica that lags by half a minute",
        drill="postgresql-failover",
        plant=_lagging,
        verdicts=("inconclusive",),
        causes=frozenset({("preparation-failed", "standby-follows")}),
    ),
    Fault(
        name="promoted node that lost rows",
        drill="postgresql-failover",
        plant=_after_failover(
            "cluster_standby",
            f'{PSQL} dpi -c "DELETE FROM results WHERE id % 7 = 0"',
        ),
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
    Fault(
        name="promoted node whose commits hang: it waits for a synchronous standby that is not there",
        drill="postgresql-failover",
        plant=_commits_that_hang,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "takes-writes")}),
    ),
    Fault(
        name="sshd that drops the connection in the middle of the recovery",
        drill="postgresql-failover",
        plant=_connection_dropped,
        verdicts=("failed",),
        causes=frozenset({("recovery-failed", "failover")}),
    ),
    Fault(
        name="way back with two primaries: the second node is started as one again",
        drill="postgresql-failback",
        plant=_started_again,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "one-primary")}),
    ),
    Fault(
        name="way back without a promotion",
        drill="postgresql-failback",
        plant=_no_promotion,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "writable"), ("check-failed", "one-primary")}),
    ),
    Fault(
        name="way back without replication",
        drill="postgresql-failback",
        plant=_no_replication,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "replicating")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("cluster",), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", ["postgresql-failover", "postgresql-failback"])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("cluster",), record=record_property, under=under)
