"""What one value of an answer must be: equal to something, or within bounds."""

from typing import Any, Self

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from orchestrator.core.model import Scalar
from orchestrator.core.written import Definition

_SHORT_FORMS = ["boolean", "integer", "string"]
"""A value may be written where `{equals: value}` is meant."""


class Expectation(Definition):
    """What one value of an answer must be. All the bounds that are given must hold."""

    equals: Scalar | None = None
    at_least: int | None = None
    at_most: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, written: Any) -> Any:
        return {"equals": written} if isinstance(written, bool | int | str) else written

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        whole = handler(core_schema)
        return whole if handler.mode == "serialization" else whole | {"type": ["object", *_SHORT_FORMS]}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.equals is None and self.at_least is None and self.at_most is None:
            raise ValueError("an expectation says equals, at-least or at-most")
        return self
