"""What a drill lets whoever starts it choose: declared in its file, typed by its default, sealed in the plan. Pure.

A parameter is a variable of every playbook of the drill, and `{name}` in a `with`, as a variable of the inventory is.
Objectives, checks and targets are no parameters: what a run must reach is the file's to say.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import Field, model_validator

from orchestrator.core.model import Scalar, Title
from orchestrator.core.written import Definition, is_empty
from orchestrator.errors import UsageError

ParameterName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""As the variables of an inventory are written."""

_RESERVED = re.compile(
    r"(reprise|ansible)_.*|recovery_points?|host|group_names|groups|hostvars|inventory_.*|play_.*|vars"
)
"""What the product or Ansible itself gives a playbook."""

_COUNT = re.compile(r"0|[1-9]\d{0,14}")
_FLAGS = {"true": True, "false": False}
_TEXT = re.compile(r"[^\x00-\x1f\x7f{}]{1,200}")
"""One line without braces: Ansible evaluates what stands between them, on the machine that runs the drill."""


class Parameter(Definition):
    """One thing that may be chosen: what it is called in reports, and its value where nobody chooses.

    The default says what kind of value it takes: text, a count, or true and false. `options`: the only ones.
    """

    title: Title
    default: Scalar
    options: Annotated[tuple[Scalar, ...], Field(exclude_if=is_empty)] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        for value in (self.default, *self.options):
            fault = self.fault(value, options=())
            if fault:
                raise ValueError(fault)
        if self.options and self.default not in self.options:
            raise ValueError(f"the default {self.default!r} is none of its options")
        return self

    @property
    def kind(self) -> str:
        """In words, for whoever has to give one."""
        if self.options:
            return f"one of {', '.join(map(write_value, self.options))}"
        return {bool: "true or false", int: "a whole number", str: "one line of text without braces"}[
            type(self.default)
        ]

    def fault(self, value: Scalar, *, options: tuple[Scalar, ...] | None = None) -> str:
        """Why this may not be its value; nothing where it may."""
        wanted = self.options if options is None else options
        good = {bool: True, int: isinstance(value, int) and value >= 0, str: bool(_TEXT.fullmatch(str(value)))}
        if type(value) is not type(self.default) or not good[type(value)]:
            return f"{value!r} is not {self.kind}"
        return f"{value!r} is not {self.kind}" if wanted and value not in wanted else ""

    def read(self, text: str) -> Scalar | None:
        """A value as it is written on a command line; None where that is none of its kind."""
        match self.default:
            case bool():
                return _FLAGS.get(text)
            case int():
                return int(text) if _COUNT.fullmatch(text) else None
            case _:
                return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """How one run is to differ from its drill's file, as whoever asks for it says.

    `target`: the staging group, or host, that stands for the drill's `targets`. `parameters`: as they were written.
    """

    target: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


def write_value(value: Scalar) -> str:
    """A value as `Parameter.read` reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_parameters(declared: Mapping[str, Parameter], written: Mapping[str, str]) -> dict[str, Scalar]:
    """The value of every parameter of a drill: what was written, and for the rest its default.

    Raises:
        UsageError: The drill has no such parameter, or it takes other values.
    """
    unknown = sorted(set(written) - set(declared))
    if unknown:
        known = ", ".join(f"{name} ({one.kind})" for name, one in declared.items()) or "none"
        raise UsageError(f"the drill has no parameter {', '.join(unknown)}", hint=f"its parameters: {known}")
    return {name: _value(name, one, written) for name, one in declared.items()}


def _value(name: str, parameter: Parameter, written: Mapping[str, str]) -> Scalar:
    if name not in written:
        return parameter.default
    value = parameter.read(written[name])
    if value is None or parameter.fault(value):
        raise UsageError(
            f"--set {name}: {written[name]!r} is not {parameter.kind}", hint=f"{name} is {parameter.title.en}"
        )
    return value


def misfits(declared: Mapping[str, Parameter], values: Mapping[str, Scalar]) -> Iterator[str]:
    """What speaks against these being the values of a drill's parameters: a verifier asks again."""
    yield from (f"{name} is no parameter of the drill" for name in sorted(set(values) - set(declared)))
    yield from (f"{name} has no value" for name in sorted(set(declared) - set(values)))
    for name in sorted(set(declared) & set(values)):
        fault = declared[name].fault(values[name])
        if fault:
            yield f"{name}: {fault}"


def is_reserved(name: str) -> bool:
    """Whether a playbook is told something else under this name."""
    return _RESERVED.fullmatch(name) is not None
