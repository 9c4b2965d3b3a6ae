"""What a run left, read back as values: plan, journal and series, from bytes by name. Decides nothing, reads no disk.

A run directory, a bundle and the attachments of a PDF are all a mapping from names to bytes, and are read here alike.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import CanaryFinished, WatchFinished
from orchestrator.core.journal import Entry, parse_journal
from orchestrator.core.measure import measure
from orchestrator.core.parameters import misfits
from orchestrator.core.plan import Plan
from orchestrator.core.results import Judgement, Measurements
from orchestrator.core.samples import Marker, Sample, parse_markers, parse_samples
from orchestrator.core.verdict import judge
from orchestrator.errors import EvidenceError

PLAN = "plan.json"
JOURNAL = "journal.jsonl"
DRILL = "drill.yml"
SERIES_FOLDER = "samples/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One file of samples or markers: whose it is, and whether the journal itself carries its digest."""

    file: str
    sha256: str
    watch: str | None
    """Whose samples these are; None for the canary's markers, and for a file that the journal never closed."""
    in_journal: bool


@dataclass(frozen=True, kw_only=True)
class Materials:
    """Everything that a figure or a verdict is computed from. Without slots: it keeps what it once computed."""

    plan: Plan
    journal: bytes
    entries: tuple[Entry, ...]
    series: tuple[Series, ...]
    samples: Mapping[str, tuple[Sample, ...]]
    markers: tuple[Marker, ...]

    @property
    def head(self) -> str:
        """The digest of the journal's last line: what one more line would have to begin with."""
        return self.entries[-1].digest

    def is_of(self, files: Mapping[str, bytes]) -> bool:
        """Whether this was read from these very files, and no other is among them."""
        bound = {PLAN: self.plan.digest, JOURNAL: sha256(self.journal), DRILL: self.plan.drill_file.sha256}
        bound |= {series.file: series.sha256 for series in self.series}
        return {name: sha256(content) for name, content in files.items()} == bound

    def compute(self) -> tuple[Measurements, Judgement]:
        """Measure and judge, from nothing else than what is here: once, however often it is asked.

        Raises:
            EvidenceError: The journal says what cannot have been, such as an answer after the end of its step.
        """
        return self._computed

    @cached_property
    def _computed(self) -> tuple[Measurements, Judgement]:
        try:
            measurements = measure(self.plan, self.entries, samples=self.samples, markers=self.markers)
            return measurements, judge(self.plan, self.entries, measurements)
        except ValidationError as error:
            what = error.errors(include_url=False)[0]["msg"]
            raise EvidenceError(
                f"{JOURNAL}: no figures come of it: {what}",
                hint="its times contradict one another: it was altered, or the clock of the runner is broken",
            ) from error


def read_materials(files: Mapping[str, bytes]) -> Materials:
    """Read a run's own files and check everything that ties them together.

    Args:
        files: `plan.json`, `journal.jsonl`, `drill.yml` and the series, by their names in the run directory.

    Raises:
        EvidenceError: One is missing, altered, or does not belong to the others.
    """
    plan = read_plan(_needed(files, PLAN))
    if sha256(_needed(files, DRILL)) != plan.drill_file.sha256:
        raise EvidenceError(f"{DRILL}: it is not the drill that the plan was made from")
    fault = next(misfits(plan.drill.parameters, plan.parameters), None)
    if fault is not None:
        raise EvidenceError(f"{PLAN}: {fault}")
    journal = _needed(files, JOURNAL)
    entries = parse_journal(journal, genesis=plan.digest)
    if not entries:
        raise EvidenceError(f"{JOURNAL}: it is empty", hint="a run that wrote nothing has nothing to seal")
    closed = tuple(_closed(entries, files=files))
    names = {series.file for series in closed}
    left = (name for name in sorted(files) if name.startswith(SERIES_FOLDER) and name not in names)
    unclosed = (Series(file=name, sha256=sha256(files[name]), watch=None, in_journal=False) for name in left)
    return Materials(
        plan=plan,
        journal=journal,
        entries=entries,
        series=(*closed, *unclosed),
        samples={series.watch: parse_samples(_text(files, series.file)) for series in closed if series.watch},
        markers=tuple(m for series in closed if not series.watch for m in parse_markers(_text(files, series.file))),
    )


def read_plan(content: bytes) -> Plan:
    """Read `plan.json`, in the one form whose digest is the journal's genesis.

    Raises:
        EvidenceError: It is not a plan in canonical form.
    """
    try:
        plan = Plan.model_validate(json.loads(content))
    except (ValueError, ValidationError, RecursionError) as error:
        raise EvidenceError(f"{PLAN}: it is not a plan of this format") from error
    if canonical(plan) != content:
        raise EvidenceError(f"{PLAN}: it is not in canonical form")
    return plan


def _closed(entries: tuple[Entry, ...], *, files: Mapping[str, bytes]) -> Iterator[Series]:
    for entry in entries:
        event = entry.event
        if isinstance(event, WatchFinished | CanaryFinished):
            if sha256(_needed(files, event.file)) != event.sha256:
                raise EvidenceError(f"{event.file}: it is not the file that line {entry.seq} of the journal closed")
            watch = event.watch if isinstance(event, WatchFinished) else None
            yield Series(file=event.file, sha256=event.sha256, watch=watch, in_journal=True)


def _needed(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise EvidenceError(f"{name}: it is missing")
    return files[name]


def _text(files: Mapping[str, bytes], name: str) -> str:
    try:
        return files[name].decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{name}: it is not text") from error
