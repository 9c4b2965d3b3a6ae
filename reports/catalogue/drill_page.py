"""Draws a page for each shipped drill: `python -m reports.catalogue.drill_page docs/reference/drills`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from orchestrator.core.definition import parse_drill
from orchestrator.core.drill import Choice, Drill
from orchestrator.core.model import Phase
from orchestrator.core.rpo_source import RpoSource
from orchestrator.core.step_definition import ApprovalStep, PersonStep, PlaybookStep, ProbeStep, Step, TaskStep
from orchestrator.core.watching import CanaryDefinition, WatchDefinition, Watched
from reports.catalogue import Catalogue, load_whole_catalogue

PHASES = {
    Phase.PREPARE: "Prepare",
    Phase.DISRUPT: "Disrupt",
    Phase.RECOVER: "Recover",
    Phase.VERIFY: "Verify",
    Phase.CLEANUP: "Clean up, always",
}

_CHOSEN = {
    Choice.LATEST: "the latest",
    Choice.OLDEST: "the oldest",
    Choice.RANDOM: "one drawn at random",
    Choice.EACH_CLASS: "the oldest and a drawn one of each retention class",
    Choice.TAKEN_IN_PREPARE: "the backup that the drill has taken",
}


def draw_drill(text: str, *, name: str, catalogue: Catalogue) -> str:
    """The page of one drill, in Markdown, from the text of its file.

    Raises:
        DefinitionError: The file is not a drill's.
    """
    drill = parse_drill(text, file=f"drills/{name}.yml")
    parts = (_head(drill), _figures(drill), _observers(drill), _steps(drill), _contributes(drill, catalogue))
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def draw_index(drills: dict[str, str], *, catalogue: Catalogue) -> str:
    """The list of all of them."""
    lines = ["# The drills\n", "Drawn from `drills/*.yml` by `python -m reports.catalogue.drill_page`.\n"]
    lines += ["| drill | kind | perimeters | RTO, RPO |", "|---|---|---|---|"]
    for name, text in sorted(drills.items()):
        drill = parse_drill(text, file=f"drills/{name}.yml")
        perimeters = ", ".join(catalogue.perimeters[str(number)].title.en for number in drill.perimeters)
        rpo = _duration(drill.objectives.rpo)
        figures = f"{_duration(drill.objectives.rto)}, {rpo}"
        if not drill.needs_hosts:
            figures = f"people only: {_duration(drill.objectives.decision)} to decide"
        lines.append(f"| [`{name}`]({name}.md): {drill.title.en} | `{drill.kind}` | {perimeters} | {figures} |")
    return "\n".join(lines) + "\n"


def _head(drill: Drill) -> Iterator[str]:
    yield f"# `{drill.id}`: {drill.title.en}\n"
    yield f"*{drill.title.fr}*\n"
    for text in (drill.context.scenario, drill.context.scope, drill.context.criteria):
        if text is not None:
            yield f"{text.en}\n"


def _figures(drill: Drill) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    if drill.groups:
        yield f"| acts on | `{'`, `'.join(drill.groups)}` |"
    else:
        yield "| acts on | no host: people alone carry it out |"
    yield from _objectives(drill)
    if drill.schedule is not None:
        yield f"| due | {drill.schedule.cadence}, {drill.schedule.at} {drill.schedule.timezone} |"
    if drill.recovery_point is not None:
        yield f"| recovery point | {_CHOSEN[drill.recovery_point.choose]} of `{drill.recovery_point.catalogue}` |"
    if drill.needs_hosts:
        yield f"| every check is seen to fail | after {drill.self_test_after} |"
    yield ""


def _objectives(drill: Drill) -> Iterator[str]:
    objectives = drill.objectives
    if drill.needs_hosts:
        yield f"| RTO, RPO to keep | {_duration(objectives.rto)}, {_duration(objectives.rpo)} |"
    for watch in drill.watch:
        if watch.component is not None:
            yield f"| RTO of a component: {watch.component.title.en} | {_duration(watch.component.rto)} |"
    if objectives.decision is not None:
        yield f"| time to decide | {_duration(objectives.decision)} |"
    if objectives.interruption is not None:
        yield f"| interruption allowed | {_duration(objectives.interruption)} |"
    if objectives.failed_requests is not None:
        yield f"| failed requests allowed | {objectives.failed_requests} |"
    if objectives.lost_commits is not None:
        yield f"| lost commits allowed | {objectives.lost_commits} |"


def _observers(drill: Drill) -> Iterator[str]:
    for watch in drill.watch:
        whose = "a component" if watch.component is not None else f"the {_of(watch)}"
        yield f"* Watch `{watch.id}`, of {whose}: `{watch.probe}` every {_duration(watch.every)}."
    if drill.canary is not None:
        where = "" if drill.canary.of is Watched.SERVICE else f", at the {_of(drill.canary)}"
        every = _duration(drill.canary.every)
        yield f"* Canary: commits a marker through `{drill.canary.probe}` every {every}{where}."
    if drill.rpo_from is not None:
        yield f"* RPO: {_source(drill.rpo_from)}."
    yield ""


def _source(source: RpoSource) -> str:
    if source.marker is None:
        return "from the recovery point's times, as its catalogue gives them"
    every = _duration(source.marker.period)
    return f"from markers that production writes every {every}, the newest read by `{source.marker.step}`"


def _of(observer: WatchDefinition | CanaryDefinition) -> str:
    return observer.of.value.replace("-", " ")


def _steps(drill: Drill) -> Iterator[str]:
    for phase, words in PHASES.items():
        steps = drill.of_phase(phase)
        if steps:
            yield f"## {words}\n"
            yield "| step | what | by |"
            yield "|---|---|---|"
            yield from (_step(step) for step in steps)
            yield ""


def _step(step: Step) -> str:
    title = step.title.en if step.title else ""
    minor = "" if step.severity == "blocking" else " (minor)"
    return f"| `{step.id}` | {title}{minor} | {_by(step)} |"


def _by(step: Step) -> str:
    match step:
        case PlaybookStep():
            return f"`playbooks/{step.playbook}`"
        case ProbeStep():
            return f"probe `{step.probe}`"
        case TaskStep():
            return f"task of {_asked(step)}"
        case ApprovalStep():
            return f"approval of {_asked(step)}"


def _asked(step: PersonStep) -> str:
    roles = " or ".join(f"`{role}`" for role in step.question.roles)
    return f"{roles}, with a key of their own" if step.question.identified else roles


def _contributes(drill: Drill, catalogue: Catalogue) -> Iterator[str]:
    mapping = catalogue.mapping(kind=drill.kind, perimeters=drill.perimeters)
    titles = {framework.id: framework.title.en for framework in mapping.frameworks}
    yield "## What it contributes to\n"
    yield "An item of proof among others, never a conformity. What each link rests on: [catalogue](../catalogue.md).\n"
    for framework, title in titles.items():
        own = [one for one in mapping.controls if one.framework == framework and not one.common]
        if own:
            names = ", ".join(f"**{one.reference}**" if one.primary else one.reference for one in own)
            yield f"* {title}: {names}"


def _duration(microseconds: int | None) -> str:
    if microseconds is None:
        return "none"
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000)):
        if microseconds and microseconds % size == 0:
            return f"{microseconds // size} {unit}"
    return f"{microseconds // 1_000} ms"


def draw_all(directory: Path) -> dict[str, str]:
    """Every page by its file name, from the drills of a directory."""
    catalogue = load_whole_catalogue()
    drills = {file.stem: file.read_text(encoding="utf-8") for file in sorted(directory.glob("*.yml"))}
    pages = {f"{name}.md": draw_drill(text, name=name, catalogue=catalogue) for name, text in drills.items()}
    return {"README.md": draw_index(drills, catalogue=catalogue), **pages}


if __name__ == "__main__":
    for page, content in draw_all(Path("drills")).items():
        Path(sys.argv[1], page).write_text(content, encoding="utf-8")
