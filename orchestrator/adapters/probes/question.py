"""From a step's `with` to a typed question, or to an error that says what a question of this probe looks like."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ConfigDict, ValidationError

from orchestrator.core.model import Record
from orchestrator.errors import ProbeError


class Question(Record):
    """What a probe is asked: keys in kebab-case, none that is not known, no value turned into another type."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=lambda name: name.replace("_", "-"),
        validate_by_name=True,
    )


Asked = TypeVar("Asked", bound=Question)


def read_question(kind: type[Asked], written: Mapping[str, Any], *, probe: str) -> Asked:
    """Read a step's `with` as the question of one kind of probe.

    Raises:
        ProbeError: A key is missing, unknown or of another type. No value is repeated: it may hold a password.
    """
    try:
        # By JSON's rules: a list of a drill file is a tuple here, and yet no text becomes a number.
        return kind.model_validate_json(json.dumps(dict(written)))
    except (ValidationError, TypeError) as error:
        raise ProbeError(f"probe {probe}: {_words(error)}", hint=f"it takes {_keys(kind)}") from error


def _words(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return "with: holds something else than text, numbers, lists and mappings"
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'with'}: {one['msg']}" for one in error.errors())


def _keys(kind: type[Question]) -> str:
    required = (
        f"{field.alias or name}{'' if field.is_required() else ' (optional)'}"
        for name, field in kind.model_fields.items()
    )
    return ", ".join(required)
