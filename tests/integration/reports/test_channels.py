"""Whatever a playbook, a probe, a host or a person can write, planted with what must not be there: nothing is signed.

A channel that the value comes through blocks the signature; of the others it is shown that it reaches no file. What a
playbook prints is kept out by its adapter: `tests/integration/ansible/test_privacy.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.events import (
    Event,
    GuardCheck,
    GuardObserved,
    PlaybookFinished,
    ProbeAnswered,
    RunStarted,
    StepFinished,
    StopRequested,
    TaskObserved,
)
from orchestrator.core.journal import Entry, format_line, parse_journal
from orchestrator.core.model import Language
from orchestrator.core.plan import Organisation
from orchestrator.core.ports import Series, Survivors
from orchestrator.core.samples import SAMPLE_COLUMNS, Sample, format_sample, header
from orchestrator.errors import DefinitionError, EvidenceError, Fault
from orchestrator.project import Environment
from orchestrator.testing import FakeCatalogue, FakeHosts, FakeObservers, Play, Reply, example_drill, example_plan
from reports.layout import ATTESTATION, MADE, read_directory, sources
from reports.materials import DRILL, JOURNAL, PLAN, read_plan
from reports.scan import HitKind, find
from reports.seal import seal
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run
from tests.integration.reports.planted import NAME, NIR, OWN, VALUES
from tests.stage import Stage, files_of, set_stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way into a run's files. `plant` makes a stage, or a run directory, in which the value was put there."""

    who: str
    what: str
    plant: Callable[[Path, str], Stage | Path]
    found: str = ""
    """Where the refusal says that it is; empty where the value is kept out of every file."""


def staged(directory: Path, **changes: Any) -> Stage:
    (directory / "samples").mkdir(parents=True, exist_ok=True)
    return set_stage(directory / "samples", **changes)


def told(**fields: Any) -> Callable[[Path, str], Stage]:
    """A run of the plan with these fields made from the value."""

    def plant(directory: Path, value: str) -> Stage:
        return staged(directory, plan=example_plan(**{name: make(value) for name, make in fields.items()}))

    return plant


def rewritten(kind: type[Event], **fields: str) -> Callable[[Path, str], Path]:
    """A run whose first event of a kind has the value in these fields, its chain made again."""

    def plant(directory: Path, value: str) -> Path:
        run = write_run(directory / "run", story=Story.STOPPED if kind is StopRequested else Story.PASSED)
        plan = read_plan((run / PLAN).read_bytes())
        entries = list(parse_journal((run / JOURNAL).read_bytes(), genesis=plan.digest))
        index = next(i for i, entry in enumerate(entries) if isinstance(entry.event, kind))
        event = entries[index].event.model_copy(update={name: made.format(value) for name, made in fields.items()})
        entries[index] = entries[index].model_copy(update={"event": event})
        (run / JOURNAL).write_bytes(rechained(entries, genesis=plan.digest))
        return run

    return plant


def rechained(entries: Sequence[Entry], *, genesis: str) -> bytes:
    content, prev = b"", genesis
    for entry in entries:
        line = format_line(entry.model_copy(update={"prev": prev}))
        content, prev = content + line, sha256(line.rstrip(b"\n"))
    return content


def drilled(**changes: Callable[[str], object]) -> Callable[[Path, str], Stage]:
    """A run of a drill whose definition has the value."""
    return told(drill=lambda value: example_drill(**{name: make(value) for name, make in changes.items()}))


def playing(make: Callable[[str], Play]) -> Callable[[Path, str], Stage]:
    return lambda directory, value: staged(directory, plays={"lose": (make(value),)})


def replying(make: Callable[[str], Reply]) -> Callable[[Path, str], Stage]:
    return lambda directory, value: staged(directory, replies={"rows": (make(value),)})


def refusing(check: GuardCheck) -> Callable[[Path, str], Stage]:
    def plant(directory: Path, value: str) -> Stage:
        words = f"the marker is for project {value}"
        return staged(directory, hosts=FakeHosts(refusing={("database", check): words}))

    return plant


def labelled(directory: Path, value: str) -> Stage:
    plan = example_plan()
    assert plan.recovery_point is not None
    point = plan.recovery_point.model_copy(update={"id": value})
    return staged(
        directory, plan=plan.model_copy(update={"recovery_point": point}), catalogue=FakeCatalogue(points=(point,))
    )


def survived(directory: Path, value: str) -> Stage:
    survivors = Survivors(answered=False, ranges=(), fault=value)
    return staged(
        directory,
        observers=lambda clock, service: FakeObservers(clock=clock, service=service, survivors=lambda _: survivors),
    )


class _Blaming(FakeObservers):
    """A watch that gives the value as the reason for an answer that did not come."""

    value = ""

    def watch(self, definition: Any, *, file: Path, record: Any) -> Any:
        observer, value = super().watch(definition, file=file, record=record), self.value

        class Blamed:
            def finish(self) -> Series:
                series = observer.finish()
                sample = Sample(due_us=1, started_us=1, finished_us=2, answered=False, fault=value)
                content = (header(SAMPLE_COLUMNS) + format_sample(sample)).encode()
                file.write_bytes(content)
                return Series(file=series.file, sha256=sha256(content), count=1, failures=1)

        return Blamed()


def blamed(directory: Path, value: str) -> Stage:
    def observers(clock: Any, service: Any) -> FakeObservers:
        made = _Blaming(clock=clock, service=service)
        made.value = value
        return made

    return staged(directory, observers=observers)


def resolved(directory: Path, value: str) -> Stage:
    """A connection of the project whose value is the planted one; the probe is asked with it."""
    asked = {"id": "manifest", "phase": "prepare", "probe": "fake", "with": {"ask": "rows", "dsn_env": "SOURCE_DSN"}}
    steps = [asked, *(step.model_dump(mode="json") for step in example_drill().steps[1:])]
    stage = staged(directory, plan=example_plan(example_drill(steps=steps)))
    stage.resolve = Environment(declared={"SOURCE_DSN": value}).resolve
    return stage


def unresolved(directory: Path, value: str) -> Stage:
    """A connection that cannot be found: the fault names the variable and not what others stand for."""
    stage = resolved(directory, value)

    def refuse(question: Any) -> dict[str, Any]:
        if "dsn_env" in question:
            fault = Fault(file="reprise.yml", line=None, key="environment.SOURCE_DSN", message="is not set")
            raise DefinitionError((fault,))
        return dict(question)

    stage.resolve = refuse
    return stage


def appended(name: str) -> Callable[[Path, str], Path]:
    def plant(directory: Path, value: str) -> Path:
        run = write_run(directory / "run")
        (run / name).write_text(f"left here\n{value}\n", encoding="utf-8")
        return run

    return plant


def commented(directory: Path, value: str) -> Path:
    """A comment of the drill file, which no other file repeats: plan and journal are made again around it."""
    run = write_run(directory / "run")
    drill = (run / DRILL).read_bytes() + f"# asked for by {value}\n".encode()
    plan = read_plan((run / PLAN).read_bytes())
    entries = list(parse_journal((run / JOURNAL).read_bytes(), genesis=plan.digest))
    pinned = plan.drill_file.model_copy(update={"sha256": sha256(drill)})
    plan = plan.model_copy(update={"drill_file": pinned})
    started = entries[0].event.model_copy(update={"plan_sha256": plan.digest})
    entries[0] = entries[0].model_copy(update={"event": started})
    (run / DRILL).write_bytes(drill)
    (run / PLAN).write_bytes(canonical(plan))
    (run / JOURNAL).write_bytes(rechained(entries, genesis=plan.digest))
    return run


def titled(value: str) -> dict[str, str]:
    return {"fr": f"Restaurer {value}", "en": "Restore"}


def organised(field: str) -> Callable[[Path, str], Stage]:
    return told(organisation=lambda value: Organisation.model_validate({"name": "Exemple", field: value}))


CHANNELS = (
    Channel(who="playbook", what="name of a claim", plant=playing(lambda v: Play(claims={v: 1})), found=JOURNAL),
    Channel(who="playbook", what="value of a claim", plant=playing(lambda v: Play(claims={"x": v})), found=JOURNAL),
    Channel(who="playbook", what="fault", plant=playing(lambda v: Play(fault=v, complete=False)), found=JOURNAL),
    Channel(who="playbook", what="name of a task", plant=rewritten(TaskObserved, task="Look at {}"), found=JOURNAL),
    Channel(who="playbook", what="action of a task", plant=rewritten(TaskObserved, action="{}"), found=JOURNAL),
    Channel(who="playbook", what="fault at its end", plant=rewritten(PlaybookFinished, fault="{}"), found=JOURNAL),
    Channel(who="inventory", what="name of a host", plant=rewritten(TaskObserved, host="{}"), found=JOURNAL),
    Channel(who="probe", what="name of a value", plant=replying(lambda v: Reply(values={v: 1})), found=JOURNAL),
    Channel(who="probe", what="value", plant=replying(lambda v: Reply(values={"first": v})), found=JOURNAL),
    Channel(who="probe", what="fault", plant=replying(lambda v: Reply(fault=f"ERROR: {v}")), found=JOURNAL),
    Channel(who="probe", what="fault that quotes", plant=rewritten(ProbeAnswered, fault="ERROR: {}"), found=JOURNAL),
    Channel(who="host", what="content of its marker", plant=refusing(GuardCheck.MARKER_MATCHES), found=JOURNAL),
    Channel(who="host", what="who answered", plant=refusing(GuardCheck.PRODUCTION_UNREACHABLE), found=JOURNAL),
    Channel(who="host", what="detail of the guard", plant=rewritten(GuardObserved, detail="{}"), found=JOURNAL),
    Channel(who="catalogue", what="label of a recovery point", plant=labelled, found=JOURNAL),
    Channel(who="watch", what="fault of a sample", plant=blamed, found="samples/service.csv"),
    Channel(who="canary", what="fault of the reading", plant=survived, found=JOURNAL),
    Channel(who="engine", what="reason of a step", plant=rewritten(StepFinished, reason="{}"), found=JOURNAL),
    Channel(who="person", what="requester", plant=rewritten(RunStarted, requester="{}"), found=JOURNAL),
    Channel(who="person", what="reason", plant=rewritten(RunStarted, reason="for {}"), found=JOURNAL),
    Channel(who="person", what="change", plant=rewritten(RunStarted, change="{}"), found=JOURNAL),
    Channel(who="person", what="reason of a stop", plant=rewritten(StopRequested, reason="{}"), found=JOURNAL),
    Channel(who="person", what="comment of the drill", plant=commented, found=DRILL),
    Channel(who="person", what="title of the drill", plant=drilled(title=titled), found=PLAN),
    Channel(who="person", what="context of the drill", plant=drilled(context=lambda v: {"bia": v}), found=PLAN),
    Channel(who="person", what="reviewer", plant=organised("reviewer"), found=PLAN),
    Channel(who="person", what="distribution", plant=organised("distribution"), found=PLAN),
    Channel(who="anybody", what="a file beside the samples", plant=appended("samples/left.csv"), found="samples/left"),
    Channel(who="project", what="value of a connection", plant=resolved),
    Channel(who="project", what="value of a connection that fails", plant=unresolved),
    Channel(who="anybody", what="a file beside the run", plant=appended("notes.txt")),
)


def run_of(channel: Channel, directory: Path, value: str) -> Path:
    """The run directory that the channel leaves."""
    made = channel.plant(directory, value)
    if isinstance(made, Path):
        return made
    made.execute()
    files = files_of(made.plan, made.memory.content, samples=made.samples)
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: f"{channel.who}: {channel.what}")
def test_no_channel_brings_a_value_into_what_is_signed(
    channel: Channel, value: str, own_seal: Seal, tmp_path: Path
) -> None:
    run = run_of(channel, tmp_path, VALUES[value])
    if not channel.found:
        assert VALUES[value].encode() not in b"".join(sources(read_directory(run)).values())
        assert find(sources(read_directory(run)), own=OWN) == ()
        return
    with pytest.raises(EvidenceError, match=r"nothing signed: ") as refused:
        seal(run, sealer=own_seal.sealer, language=Language.FRENCH, own=OWN)
    said = f"{refused.value} {refused.value.hint}"
    assert channel.found in said
    assert not [part for part in (NIR, "185057", "owalczyk", "Marie", "80012345", "hunter2", "CAESIJ") if part in said]
    assert not any((run / name).exists() for name in MADE)


def test_without_anything_planted_the_same_runs_are_signed(own_seal: Seal, tmp_path: Path) -> None:
    """So that what refuses them above is what was planted, and nothing else."""
    for number, channel in enumerate(CHANNELS):
        run = run_of(channel, tmp_path / str(number), "plain")
        assert find(sources(read_directory(run)), own=OWN) == (), channel
    run = run_of(CHANNELS[1], tmp_path / "sealed", "plain")
    seal(run, sealer=own_seal.sealer, language=Language.FRENCH, own=OWN)
    assert (run / ATTESTATION).is_file()


def test_what_is_found_only_by_rules_of_its_own_would_be_signed_without_them(own_seal: Seal, tmp_path: Path) -> None:
    run = run_of(CHANNELS[1], tmp_path, NAME)
    assert find(sources(read_directory(run))) == ()
    assert [hit.kind for hit in find(sources(read_directory(run)), own=OWN)] == [HitKind.PERSON_NAME]
