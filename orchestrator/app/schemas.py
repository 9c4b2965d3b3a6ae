"""The JSON Schemas of every format, made from the types themselves: they cannot say anything else than the code."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from orchestrator.core.drill import Drill
from orchestrator.core.journal import Entry
from orchestrator.core.plan import Plan
from orchestrator.core.written import Definition
from orchestrator.project import ProjectDefinition
from reports.envelope import Statement
from reports.evidence import Evidence, VerdictDocument
from reports.register.entries import RegisterEntry

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Kind(StrEnum):
    """What there is a schema of."""

    DRILL = "drill"
    PROJECT = "project"
    PLAN = "plan"
    JOURNAL_ENTRY = "journal-entry"
    EVIDENCE = "evidence"
    VERDICT = "verdict"
    ATTESTATION = "attestation"
    REGISTER_ENTRY = "register-entry"


_TYPES: dict[Kind, tuple[type[BaseModel], str]] = {
    Kind.DRILL: (Drill, "Drill file, reprise/drill/v1"),
    Kind.PROJECT: (ProjectDefinition, "Project file reprise.yml, reprise/project/v1"),
    Kind.PLAN: (Plan, "plan.json, reprise/plan/v1"),
    Kind.JOURNAL_ENTRY: (Entry, "One line of journal.jsonl"),
    Kind.EVIDENCE: (Evidence, "evidence.json, reprise/evidence/v1"),
    Kind.VERDICT: (VerdictDocument, "verdict.json, reprise/verdict/v1"),
    Kind.ATTESTATION: (Statement, "The in-toto statement in attestation.sigstore.json"),
    Kind.REGISTER_ENTRY: (RegisterEntry, "One line of register.jsonl"),
}


def build_schema(kind: Kind) -> dict[str, Any]:
    """The schema of one format.

    Files that people write may leave out what has a default. Files that the product writes are in canonical form, and
    leave out nothing.
    """
    described, title = _TYPES[kind]
    if issubclass(described, Definition):
        schema = described.model_json_schema(by_alias=True, schema_generator=_Untitled)
    else:
        by_alias = described is Statement
        schema = described.model_json_schema(by_alias=by_alias, schema_generator=_Whole, mode="serialization")
    # A name, not a place, like the predicate type of the attestation.
    return {"$schema": DIALECT, "$id": f"https://reprise.invalid/schema/{kind}/v1", **schema, "title": title}


class _Untitled(GenerateJsonSchema):
    """Without a title for each field that only repeats its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        del schema
        return False


class _Whole(_Untitled):
    """Of a document in which every field is written, but for those that are left out where they say nothing."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Always, but for those."""
        del total
        return "serialization_exclude_if" not in field
