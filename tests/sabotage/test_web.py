"""Sabotages of the drill on two web front ends behind a proxy."""

from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import Fault, appended, plain, prefixed, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop


def _one_leg(workshop: Workshop) -> None:
    """The proxy is told to send everybody to the front end that will be lost, before it is lost."""
    lose = workshop.own_playbooks("web") / "lose.yml"
    command = (
        'python3 -c "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);'
        " s.sendall(b'set server portal/web_b state maint\\n'); s.recv(100)\" {{ haproxy_socket }}; sleep 0.5"
    )
    prefixed(lose, plain("web_entrance", command))
    prefixed(lose.with_name("nominal.yml"), plain("web_entrance", command.replace("maint", "ready")))


def _nothing_lost(workshop: Workshop) -> None:
    lose = workshop.own_playbooks("web") / "lose.yml"
    replaced(lose, 'kill -KILL "$(cat "$pid")"', "true")
    replaced(lose, "counts: [0, 1]", "counts: [0, 1, 2]")


def _another_page(workshop: Workshop) -> None:
    """What comes back answers 200 and is not the portal."""
    appended(
        workshop.own_playbooks("web") / "bring-back.yml",
        plain(
            "web_lost",
            (
                'kill -KILL "$(cat {{ web_pid }})";'
                ' sed \'s/"portal"/"maintenance"/\' {{ web_program }} >{{ web_program }}.old;'
                " setsid python3 {{ web_program }}.old {{ web_address }} {{ web_port }} {{ inventory_hostname }}"
                " </dev/null >/dev/null 2>&1 & echo $! >{{ web_pid }}; sleep 1.5"
            ),
        ),
    )


def _yesterday(workshop: Workshop) -> None:
    """What comes back is well, is the portal, and shows the content of the day before."""
    web = workshop.own_playbooks("web")
    command = "sed -i 's/{}/{}/' \"$(dirname {{{{ web_program }}}})/content.json\""
    stale, healed = command.format("2026-06-01", "2026-05-31"), command.format("2026-05-31", "2026-06-01")
    appended(web / "bring-back.yml", plain("web_lost", stale))
    appended(web / "nominal.yml", plain("web_lost", healed))


FAULTS = (
    Fault(
        name="proxy with one leg: only the front end that is lost",
        drill="frontend-continuity",
        plant=_one_leg,
        verdicts=("failed",),
        causes=frozenset({("continuity-broken", "failed-requests"), ("continuity-broken", "longest-interruption")}),
    ),
    Fault(
        name="loss that loses nothing",
        drill="frontend-continuity",
        plant=_nothing_lost,
        verdicts=("inconclusive",),
        causes=frozenset({("disruption-not-proved", "lost-front-end")}),
    ),
    Fault(
        name="front end that comes back and answers 200 with another page",
        drill="frontend-continuity",
        plant=_another_page,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "front-end-serves")}),
    ),
    Fault(
        name="front end that comes back and answers 200 with the content of yesterday",
        drill="frontend-continuity",
        plant=_yesterday,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "content")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("web",), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", ["frontend-continuity"])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("web",), record=record_property, under=under)
