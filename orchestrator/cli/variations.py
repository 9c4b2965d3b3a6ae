"""The options by which a run differs from its drill's file, and what they say."""

from collections.abc import Callable
from typing import TypeVar

import click

from orchestrator.core.parameters import Variation
from orchestrator.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., object])


def varying(command: Command) -> Command:
    """The options `--target` and `--set` of a command that plans a drill."""
    target = click.option("--target", metavar="NAME", help="Another staging host or group in the place of the targets.")
    chosen = click.option(
        "--set", "chosen", multiple=True, metavar="NAME=VALUE", help="A parameter that the drill declares. Repeatable."
    )
    return target(chosen(command))


def read_variation(target: str | None, chosen: tuple[str, ...]) -> Variation:
    """What the options say.

    Raises:
        UsageError: A parameter has no value, or two.
    """
    pairs = [text.partition("=") for text in chosen]
    for text, (name, sign, _) in zip(chosen, pairs, strict=True):
        if not sign or not name:
            raise UsageError(f"--set {text}: it has no value", hint="write NAME=VALUE, for example --set jobs=4")
        if sum(other == name for other, _, _ in pairs) > 1:
            raise UsageError(f"--set {name}: it has more than one value", hint="give it once")
    return Variation(target=target, parameters={name: value for name, _, value in pairs})
