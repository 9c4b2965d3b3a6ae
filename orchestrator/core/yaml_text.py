"""YAML that is evidence: read without its traps, and with the line of every key. Text in, values and faults out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from orchestrator.errors import DefinitionError, Fault

Place = tuple[str | int, ...]

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
_TAG = "tag:yaml.org,2002:"
_DEEPEST = 32
_LARGEST_DIGITS = 15
"""Of a whole number: below 2^53, so that every reader of the evidence keeps it (RFC 8785)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML file: its value, and the line (from 1) on which each place of it is written."""

    file: str
    value: Any
    lines: dict[Place, int]

    def fault(self, place: Place, message: str, *, hint: str | None = None) -> Fault:
        """A fault at the nearest place that is really in the file."""
        known = tuple(part for part in place)
        while known not in self.lines and known:
            known = known[:-1]
        key = ".".join(str(part) for part in place)
        return Fault(
            file=self.file,
            line=self.lines.get(known, 1),
            key=key,
            message=message,
            hint=hint,
        )


def read_yaml(text: str, *, file: str) -> Document:
    """Read one YAML document.

    Raises:
        DefinitionError: It is not YAML, uses tags, aliases or keys that are no words, repeats a key, or holds a word
            that YAML 1.1 reads as something else than it looks like (`12:30` is 750, `on` is true, `010` is 8).
    """
    node = _compose(text, file=file)
    faults = tuple(_faults(node, file=file, place=()))
    if faults:
        raise DefinitionError(faults)
    lines = dict(_lines(node, place=()))
    return Document(file=file, value=yaml.safe_load(text), lines=lines)


def _compose(text: str, *, file: str) -> yaml.Node:
    try:
        _check_constructs(text, file=file)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "cannot be read"
        line = mark.line + 1 if mark else 1
        raise DefinitionError((Fault(file=file, line=line, key="", message=f"not YAML: {problem}"),)) from error
    if node is None:
        raise DefinitionError((Fault(file=file, line=1, key="", message="the file is empty"),))
    return node


def _check_constructs(text: str, *, file: str) -> None:
    """Refuse what a file that people read as evidence has no need of, before anything recursive looks at it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        message = _refused(event, depth=depth)
        if message is not None:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise DefinitionError((Fault(file=file, line=line, key="", message=message),))


def _refused(event: yaml.Event, *, depth: int) -> str | None:
    if isinstance(event, yaml.AliasEvent):
        return f"an alias (*{event.anchor}) hides what is meant: write it out"
    tag = getattr(event, "tag", None)
    if tag is not None:
        return f"a tag ({tag}) has no meaning here"
    return f"more than {_DEEPEST} levels" if depth > _DEEPEST else None


def _lines(node: yaml.Node, *, place: Place) -> Iterator[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, str(key.value))
            yield from _lines(value, place=here)
            yield here, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, place=(*place, index))


def _faults(node: yaml.Node, *, file: str, place: Place) -> Iterator[Fault]:
    if isinstance(node, yaml.MappingNode):
        yield from _repeated(node, file=file, place=place)
        for key, value in node.value:
            yield from _key_faults(key, file=file, place=place)
            yield from _faults(value, file=file, place=(*place, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _faults(value, file=file, place=(*place, index))
    else:
        yield from _trap(node, file=file, place=place)


def _key_faults(key: yaml.Node, *, file: str, place: Place) -> Iterator[Fault]:
    if isinstance(key, yaml.ScalarNode):
        yield from _trap(key, file=file, place=place)
    else:
        where = ".".join(str(part) for part in place)
        yield Fault(file=file, line=key.start_mark.line + 1, key=where, message="a key must be a word")


def _repeated(node: yaml.MappingNode, *, file: str, place: Place) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for key, _ in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in seen:
            where = ".".join(str(part) for part in (*place, name))
            message = f"the key is already given on line {seen[name]}"
            yield Fault(
                file=file,
                line=line,
                key=where,
                message=message,
                hint="keep one of the two",
            )
        seen.setdefault(name, line)


def _trap(node: yaml.Node, *, file: str, place: Place) -> Iterator[Fault]:
    if getattr(node, "style", None) is not None or not _misread(node.tag.removeprefix(_TAG), str(node.value)):
        return
    where = ".".join(str(part) for part in place)
    message = f"YAML reads {node.value} as something else than it looks like"
    hint = f'write "{node.value}" in quotes, or true or false, or a whole number'
    yield Fault(file=file, line=node.start_mark.line + 1, key=where, message=message, hint=hint)


def _misread(tag: str, written: str) -> bool:
    match tag:
        case "bool":
            return written not in ("true", "false")
        case "int":
            return _WHOLE_NUMBER.fullmatch(written) is None or len(written.lstrip("-")) > _LARGEST_DIGITS
        case "float" | "timestamp" | "merge" | "value":
            return True
        case "null":
            return written not in ("null", "")
        case _:
            return False
