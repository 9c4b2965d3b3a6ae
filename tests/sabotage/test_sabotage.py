"""Recoveries that look like successes and are none: none passes, and the cause is named. Honest runs pass.

Each is a real run of a shipped drill on the lab; what is planted is told, everything else is as shipped.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage import cluster, postgresql, web
from tests.sabotage.conftest import TABLE
from tests.sabotage.fault import Fault
from tests.workshop import Workshop, open_workshop

STACKS = {
    "postgresql-failover": ("cluster",),
    "postgresql-failback": ("cluster",),
    "frontend-continuity": ("web",),
}
"""The parts of the lab that a drill needs beside the one that is always there."""
HONEST = ("postgresql-restore", "postgresql-pitr", "postgresql-failover", "postgresql-failback", "frontend-continuity")
Record = Callable[[str, object], None]


def told(record: Record, drill: str, planted: str, *, expected: tuple[str, ...], workshop: Workshop) -> None:
    """One line of the table."""
    causes = ", ".join(f"{code} {subject}".strip() for code, subject in sorted(workshop.findings))
    record(TABLE, (drill, planted, " or ".join(expected), workshop.judgement["verdict"], causes or "-"))


@pytest.mark.parametrize("fault", [*postgresql.FAULTS, *cluster.FAULTS, *web.FAULTS], ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    workshop = open_workshop(lab, tmp_path, stacks=STACKS.get(fault.drill, ()))
    fault.plant(workshop)

    done = workshop.run(fault.drill)
    # What a spoiled cleanup left would keep the next drill from beginning, as it must.
    shutil.rmtree(lab.host("restore").directory / "data" / lab.database, ignore_errors=True)

    told(record_property, fault.drill, fault.name, expected=fault.verdicts, workshop=workshop)
    assert workshop.judgement["verdict"] in fault.verdicts, done.out + done.err
    assert workshop.findings & fault.causes, workshop.findings
    assert done.code != 0


@pytest.mark.parametrize("drill", HONEST)
def test_an_honest_run_passes(drill: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    workshop = open_workshop(lab, tmp_path, stacks=STACKS.get(drill, ()))

    done = workshop.run(drill)

    told(record_property, drill, "nothing", expected=("passed",), workshop=workshop)
    assert (done.code, workshop.judgement["verdict"]) == (0, "passed"), done.out + done.err
    assert not workshop.findings
