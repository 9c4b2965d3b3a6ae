"""Which places are ours: every object whose keys somebody else chooses is known to be one, in every format that is."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.core.journal import Entry
from orchestrator.core.plan import Plan
from reports.catalogue import Mapping
from reports.evidence import Evidence, VerdictDocument
from reports.scan.reading import FREE

FORMATS: tuple[type[BaseModel], ...] = (Plan, Entry, Evidence, VerdictDocument, Mapping)


def free_fields(schema: Any, *, name: str = "") -> Iterator[str]:
    """The names of the fields, anywhere in a schema, whose keys are not fixed."""
    if isinstance(schema, list):
        for part in schema:
            yield from free_fields(part, name=name)
    elif isinstance(schema, dict):
        if schema.get("additionalProperties") not in (None, False) or "patternProperties" in schema:
            yield name
        for key, part in schema.items():
            if key in ("properties", "$defs"):
                for inner, definition in part.items():
                    yield from free_fields(definition, name=inner if key == "properties" else "")
            else:
                yield from free_fields(part, name=name)


@pytest.mark.parametrize("model", FORMATS)
def test_no_key_that_somebody_else_chose_is_taken_for_ours(model: type[BaseModel]) -> None:
    for alias in (True, False):
        assert set(free_fields(model.model_json_schema(by_alias=alias))) <= FREE


def test_every_free_field_is_one_of_a_format() -> None:
    found = {field for model in FORMATS for field in free_fields(model.model_json_schema(by_alias=False))}
    aliases = {field for model in FORMATS for field in free_fields(model.model_json_schema(by_alias=True))}
    assert found | aliases == FREE
