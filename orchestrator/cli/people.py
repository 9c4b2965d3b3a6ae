"""The commands of people who are asked during a run: waiting, approve, refuse, answer."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from orchestrator.adapters.system import SystemClock
from orchestrator.app.answering import Given, Said, Waiting, give_answer, list_waiting
from orchestrator.app.workplace import open_workplace
from orchestrator.cli.options import console, echo_json, json_option, project_option
from orchestrator.core.answer_command import how_to_answer
from orchestrator.core.events import PersonDecision
from orchestrator.core.ssh_signature import fingerprint, signing_key
from orchestrator.errors import UsageError


@click.command()
@project_option
@json_option
def waiting(project: Path, as_json: bool) -> None:
    """Show what waits for somebody's answer: what is asked, of whom, since when and until when."""
    found = list_waiting(open_workplace(project, clock=SystemClock()).project)
    if as_json:
        echo_json([_facts(one) for one in found])
        return
    for one in found:
        _print(one)
    if not found:
        click.echo("nothing waits for anybody")


def _answering(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments and options of a command that answers."""
    options = (
        click.argument("run"),
        click.argument("step"),
        click.option("--role", required=True, help="The role in which you answer."),
        click.option("--reason", default="", help="Why; it is evidence. No health data, no secret, no name."),
        click.option("--value", "values", multiple=True, metavar="NAME=VALUE", help="A value that is asked for."),
        click.option(
            "--key",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="Your SSH key: the answer is signed with it. Without, who you are is stated and not proved.",
        ),
        click.option("--as", "person", metavar="NAME", help="Who you are, without a key (default: your account)."),
        project_option,
        json_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_answering
def approve(**given: Any) -> None:
    """Grant what STEP of RUN asks for. RUN may be a unique part of its name, or `latest`."""
    _give(PersonDecision.GRANTED, **given)


@click.command()
@_answering
def refuse(**given: Any) -> None:
    """Refuse what STEP of RUN asks for. RUN may be a unique part of its name, or `latest`."""
    _give(PersonDecision.REFUSED, **given)


@click.command()
@click.option("--done/--not-done", "done", default=None, help="Whether it is done, or could not be.")
@_answering
def answer(done: bool | None, **given: Any) -> None:
    """Say that the task STEP of RUN is done, or could not be. RUN may be a unique part of its name, or `latest`."""
    if done is None:
        raise UsageError("is it done?", hint="say --done or --not-done")
    _give(PersonDecision.DONE if done else PersonDecision.NOT_DONE, **given)


def _give(
    decision: PersonDecision,
    *,
    run: str,
    step: str,
    role: str,
    reason: str,
    values: tuple[str, ...],
    key: Path | None,
    person: str | None,
    project: Path,
    as_json: bool,
) -> None:
    if key is not None and person is not None:
        raise UsageError("--as states who you are, and --key proves it", hint="leave --as out")
    workplace = open_workplace(project, clock=SystemClock())
    said = Said(
        decision=decision,
        role=role,
        reason=reason,
        values=_pairs(values),
        key=key,
        person=person or getpass.getuser(),
    )
    given = give_answer(workplace.project, run, step, said, now=workplace.clock.now())
    if as_json:
        echo_json({"line": given.line, "answer": given.answer.model_dump(mode="json")})
    else:
        _tell(given)


def _tell(given: Given) -> None:
    said, signature = given.answer.statement, given.answer.signature
    proof = f"signed with {fingerprint(signing_key(signature))}" if signature else "stated, not proved"
    taken = f"line {given.line} of the journal" if given.line is not None else "delivered, and not taken by the run yet"
    console().print(escape(f"{said.step}: {said.decision} by {said.person} as {said.role}, {proof}; {taken}"))


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--value {name}: it is no value", hint="write --value NAME=VALUE")
    return {name: text for name, _, text in pairs}


def _facts(one: Waiting) -> dict[str, Any]:
    question = one.step.question
    return {
        "run": one.plan.run_id,
        "step": one.step.id,
        "ask": question.ask.model_dump(mode="json"),
        "roles": list(question.roles),
        "identified": question.identified,
        "values": {name: list(value.options) for name, value in question.values.items()},
        "since": one.since.isoformat(),
        "until": one.until.isoformat(),
        "commands": list(how_to_answer(one.plan, one.step)),
    }


def _print(one: Waiting) -> None:
    screen, question = console(), one.step.question
    screen.print(escape(f"{one.plan.run_id}  {one.step.id}  ({', '.join(question.roles)})"), style="bold")
    screen.print(escape(f"  {question.ask.en}"))
    screen.print(f"  since {one.since:%Y-%m-%d %H:%M:%S} UTC, until {one.until:%Y-%m-%d %H:%M:%S} UTC")
    for command in how_to_answer(one.plan, one.step):
        screen.print(escape(f"  {command}"), style="cyan")
