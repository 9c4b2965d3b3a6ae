"""The metrics of a project: read from the register and the evidence of each drill's last run, written or answered."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestrator.adapters.scrape.endpoint import OPENMETRICS, TEXT, ScrapeEndpoint
from orchestrator.app.answering import is_under_way
from orchestrator.app.programme import catch_ups, scheduled_drills
from orchestrator.app.register import is_register, view_register
from orchestrator.app.told import ToldFile
from orchestrator.app.workplace import Workplace
from orchestrator.core.results import Measurement, Quantity
from orchestrator.durable import write_durably
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.project import Project
from reports.dossier.actions import action_lines
from reports.dossier.chronicle import Chronicle
from reports.layout import EVIDENCE
from reports.monitoring.metrics import render_openmetrics, render_text
from reports.monitoring.standing import Figures, Standing, build_standing, last_runs
from reports.register.account import open_runs
from reports.register.entries import DrillStarted, RegisterEntry
from reports.register.programme import build_owed

SUFFIX = ".prom"
"""What the textfile collector of node_exporter reads; it leaves other files alone."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """Reads how a project stands, as often as it is asked. Evidence never changes, so that each is read once."""

    workplace: Workplace
    _figures: dict[str, Figures] = field(default_factory=dict)

    def read(self) -> Standing:
        """How it stands now.

        Raises:
            EvidenceError: The register is not what was signed.
            DefinitionError: A drill cannot be meant.
        """
        project, now = self.workplace.project, self.workplace.clock.now()
        entries = view_register(project).entries() if is_register(project.register) else ()
        chronicle = Chronicle(entries)
        told = ToldFile(project.told)
        return build_standing(
            chronicle,
            project=project.definition.name,
            owed=build_owed(entries, catch_up=catch_ups(scheduled_drills(self.workplace)), now=now),
            actions=action_lines(chronicle, now=now),
            figures={last.run_id: self._of_run(last.run_id) for last in last_runs(chronicle).values()},
            alive=frozenset(_under_way(project, entries)),
            undelivered=told.count_undelivered(now=now),
        )

    def openmetrics(self) -> bytes:
        """As OpenMetrics, now."""
        return render_openmetrics(self.read())

    def text(self) -> bytes:
        """As Prometheus' text format, now."""
        return render_text(self.read())

    def _of_run(self, run_id: str) -> Figures:
        if run_id not in self._figures:
            file = self.workplace.project.runs / run_id / EVIDENCE
            if not file.exists():
                return Figures()  # Not sealed yet, or not kept any more.
            self._figures[run_id] = read_figures(file)
        return self._figures[run_id]


def read_figures(file: Path) -> Figures:
    """RTO and RPO of an evidence document: a small part of it, which is not verified. Metrics prove nothing.

    Raises:
        EvidenceError: It cannot be read.
    """
    try:
        document: dict[str, Any] = json.loads(file.read_bytes())
        found = [Measurement.model_validate(one) for one in document["measurements"]["measurements"]]
        objectives: dict[str, int | None] = document["plan"]["drill"]["objectives"]
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise EvidenceError(f"{file}: it cannot be read", hint=f"reprise verify {file.parent}") from error
    by_quantity = {one.quantity: one for one in found}
    return Figures(
        rto=by_quantity.get(Quantity.RTO),
        rpo=by_quantity.get(Quantity.RPO),
        rto_objective=objectives.get("rto"),
        rpo_objective=objectives.get("rpo"),
    )


def write_textfile(gauge: Gauge, file: Path) -> None:
    """Write the metrics for node_exporter's textfile collector, whole or not at all.

    Raises:
        UsageError: It would not be read there.
        StoreError: It cannot be written.
    """
    if file.suffix != SUFFIX:
        raise UsageError(f"{file}: node_exporter reads files that end in {SUFFIX}", hint=f"{file.stem}{SUFFIX}")
    write_durably(file, gauge.text())


def serve_metrics(workplace: Workplace, place: tuple[str, int]) -> ScrapeEndpoint:
    """Where Prometheus may ask, for as long as the block runs: `with serve_metrics(workplace, ("127.0.0.1", 9464)):`.

    Raises:
        UsageError: Nobody can listen there.
    """
    gauge = Gauge(workplace)
    return ScrapeEndpoint(place, answers={OPENMETRICS: gauge.openmetrics, TEXT: gauge.text})


def _under_way(project: Project, entries: Sequence[RegisterEntry]) -> Iterator[str]:
    """The runs that have no end yet and that somebody carries out."""
    for event in (entry.event for entry in open_runs(entries)):
        if isinstance(event, DrillStarted) and is_under_way(project, event.run_id, targets=event.targets):
            yield event.run_id
