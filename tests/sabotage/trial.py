"""A real run of a shipped drill on the lab, spoiled or honest, and the line of the table that it gives.

Recoveries that look like successes and are none: none passes, and the cause is named. Honest runs pass.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from orchestrator.lab import Layout
from tests.sabotage.conftest import TABLE
from tests.sabotage.fault import Fault
from tests.sabotage.honest import AS_SHIPPED, condition
from tests.workshop import Workshop, open_workshop

Record = Callable[[str, object], None]
"""pytest's `record_property`."""


def must_not_pass(fault: Fault, *, lab: Layout, directory: Path, stacks: tuple[str, ...], record: Record) -> None:
    """Plant a fault, run its drill, and see it found."""
    workshop = open_workshop(lab, directory, stacks=stacks)
    fault.plant(workshop)

    done = workshop.run(fault.drill)
    # What a spoiled cleanup left would keep the next drill from beginning, as it must.
    for left in (
        f"restore/data/{lab.database}",
        "files_restore/data/documents",
        "files_restore/data/documents.partial",
    ):
        shutil.rmtree(lab.hosts_directory / left, ignore_errors=True)

    _tell(record, fault.drill, fault.name, expected=fault.verdicts, workshop=workshop)
    assert workshop.judgement["verdict"] in fault.verdicts, done.out + done.err
    assert workshop.findings & fault.causes, workshop.findings
    # A gap is for whoever reads the report; a shell is told of it only where something was left behind.
    assert done.code != 0 or workshop.judgement["verdict"] == "passed-with-gaps"


def must_pass(
    drill: str,
    *,
    lab: Layout,
    directory: Path,
    stacks: tuple[str, ...],
    record: Record,
    under: str = AS_SHIPPED,
) -> None:
    """Run a drill as it is shipped, under one of the `CONDITIONS`: no false alarm."""
    workshop = open_workshop(lab, directory, stacks=stacks)

    with condition(under):
        done = workshop.run(drill)

    _tell(record, drill, f"nothing ({under})", expected=("passed",), workshop=workshop)
    assert (done.code, workshop.judgement["verdict"]) == (0, "passed"), done.out + done.err
    assert not workshop.findings


def _tell(record: Record, drill: str, planted: str, *, expected: tuple[str, ...], workshop: Workshop) -> None:
    causes = ", ".join(f"{code} {subject}".strip() for code, subject in sorted(workshop.findings))
    record(TABLE, (drill, planted, " or ".join(expected), workshop.judgement["verdict"], causes or "-"))
