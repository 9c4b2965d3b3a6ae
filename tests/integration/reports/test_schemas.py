"""The published schemas are those of the code, and say of every document that we know what the code says of it."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from orchestrator.app.schemas import DIALECT, Kind, build_schema
from orchestrator.cli import reprise
from orchestrator.core.canonical import canonical
from orchestrator.core.definition import validate
from orchestrator.core.drill import Drill
from orchestrator.core.journal import Entry
from orchestrator.core.model import Language, Verdict
from orchestrator.core.yaml_text import Document, read_yaml
from orchestrator.errors import DefinitionError, ExitCode
from orchestrator.project import ProjectDefinition
from reports.catalogue import load_catalogue
from reports.envelope import build_statement, parse_attestation
from reports.evidence import Evidence, build_evidence, build_verdict
from reports.layout import ATTESTATION, sources
from reports.materials import Materials, read_materials
from reports.register.entries import GENESIS, DrillEnded, Ending, RegisterEntry
from reports.scan import scan
from reports.signing.statement import AuthorityStatement, SignatureStatement
from tests.golden.make import RUNS
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run

ROOT = Path(__file__).parents[3]
FORMATS = ROOT / "docs" / "reference" / "formats"
GOLDEN = sorted(path.name for path in RUNS.iterdir())


def _validator(kind: Kind) -> jsonschema_rs.Validator:
    schema = json.loads((FORMATS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def test_there_is_a_file_for_each_kind_and_no_other() -> None:
    assert sorted(path.name for path in FORMATS.glob("*.schema.json")) == sorted(f"{kind}.schema.json" for kind in Kind)


@pytest.mark.parametrize("kind", Kind)
def test_the_file_is_what_the_command_prints(kind: Kind) -> None:
    """`reprise schema KIND > docs/reference/formats/KIND.schema.json` makes it again."""
    printed = CliRunner().invoke(reprise, ["schema", kind.value]).output
    schema = json.loads(printed)

    assert (FORMATS / f"{kind}.schema.json").read_text(encoding="utf-8") == printed
    assert schema == build_schema(kind)
    assert (schema["$schema"], schema["$id"]) == (DIALECT, f"https://reprise.invalid/schema/{kind}/v1")
    assert schema["title"]
    assert schema["description"]
    assert jsonschema_rs.meta.is_valid(schema)


def test_without_a_kind_the_schema_of_drill_files_is_printed() -> None:
    assert json.loads(CliRunner().invoke(reprise, ["schema"]).output) == build_schema(Kind.DRILL)


# What people write.

PROJECT = """
format: reprise/project/v1
name: example
organisation: {name: Exemple, hds-certificate: {number: HDS-1}}
staging: {groups: [staging]}
never: [production]
production: {endpoints: ["192.0.2.9:5432"]}
marker: {path: /etc/reprise-staging.json}
inventory: inventory/staging.yml
ssh: {known-hosts: trust/known_hosts}
signing: {key: "file:keys/seal.key.pem", certificate: trust/seal.crt.pem}
"""


def _written() -> Iterator[tuple[Kind, type[BaseModel], Any]]:
    for file in sorted((ROOT / "drills").glob("*.yml")):
        yield Kind.DRILL, Drill, read_yaml(file.read_text(encoding="utf-8"), file=file.name).value
    yield Kind.PROJECT, ProjectDefinition, read_yaml(PROJECT, file="reprise.yml").value


def _is_accepted(document: Any, described: type[BaseModel]) -> bool:
    try:
        validate(Document(value=document, lines={}, file="example.yml"), described)
    except DefinitionError:
        return False
    return True


@pytest.mark.parametrize(("kind", "described", "document"), list(_written()), ids=lambda value: str(value)[:20])
def test_files_that_people_write(kind: Kind, described: type[BaseModel], document: Any) -> None:
    validator = _validator(kind)

    assert [error.message for error in validator.iter_errors(document)] == []
    changed = list(_mutations(document))
    assert len(changed) > 20
    for place, other in changed:
        assert validator.is_valid(other) or not _is_accepted(other, described), place
    assert sum(not validator.is_valid(other) for _, other in changed) > len(changed) // 3


# What the product writes.


def _files(name: str) -> dict[str, bytes]:
    found = (path for path in sorted((RUNS / name).rglob("*")) if path.is_file() and path.name != "expected.json")
    return {path.relative_to(RUNS / name).as_posix(): path.read_bytes() for path in found}


def _evidence(materials: Materials, files: dict[str, bytes]) -> Evidence:
    drill = materials.plan.drill
    return build_evidence(
        materials,
        language=Language.FRENCH,
        mapping=load_catalogue().mapping(kind=drill.kind, perimeters=drill.perimeters),
        signature=SignatureStatement(
            level=2,
            profile="PAdES-B-T",
            signer="example",
            algorithm="Ed25519",
            certificate_sha256="0" * 64,
            self_signed=False,
            issuer="issuer",
            chain_sha256=("1" * 64,),
            qualified=False,
            authority=AuthorityStatement(name="authority", root_sha256="2" * 64, independent=True, qualified=False),
            awaited=False,
        ),
        scan=scan(sources(files)),
        registration=None,
        versions={"reprise-drills": "0.1.0"},
    )


def _documents(name: str) -> Iterator[tuple[Kind, BaseModel]]:
    """Every document of a golden run, with those of its evidence."""
    files = _files(name)
    materials = read_materials(files)
    evidence = _evidence(materials, files)
    yield Kind.PLAN, materials.plan
    yield from ((Kind.JOURNAL_ENTRY, entry) for entry in materials.entries)
    yield Kind.EVIDENCE, evidence
    yield Kind.VERDICT, build_verdict(materials)
    yield Kind.ATTESTATION, build_statement(evidence, files=files)


@pytest.mark.parametrize("name", GOLDEN)
def test_every_document_of_every_golden_run(name: str) -> None:
    validators = {kind: _validator(kind) for kind in Kind}
    for kind, value in _documents(name):
        document = json.loads(canonical(value))
        assert [error.message for error in validators[kind].iter_errors(document)] == []


@pytest.mark.parametrize("story", Story)
def test_every_document_of_every_example_run(story: Story, own_seal: Seal, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", story=story)
    own_seal.seal(run)
    payload = parse_attestation((run / ATTESTATION).read_bytes()).payload
    lines = (run / "journal.jsonl").read_bytes().splitlines()
    documents = [(Kind.JOURNAL_ENTRY, line) for line in lines]
    documents += [(kind, (run / f"{kind}.json").read_bytes()) for kind in (Kind.PLAN, Kind.EVIDENCE, Kind.VERDICT)]

    for kind, content in (*documents, (Kind.ATTESTATION, payload)):
        assert [error.message for error in _validator(kind).iter_errors(json.loads(content))] == []


def _register_entry() -> RegisterEntry:
    event = DrillEnded(
        run_id="example",
        ending=Ending.PASSED,
        verdict=Verdict.PASSED,
        exit_code=ExitCode.PASSED,
        plan_sha256="0" * 64,
        journal_length=1,
        journal_head="0" * 64,
        journal_sha256="0" * 64,
    )
    return RegisterEntry(seq=0, prev=GENESIS, at=datetime(2026, 11, 23, tzinfo=UTC), event=event)


def _one_of_each() -> list[tuple[Kind, BaseModel]]:
    """A document of each kind, and an entry of each event."""
    found: dict[tuple[Kind, str], BaseModel] = {(Kind.REGISTER_ENTRY, ""): _register_entry()}
    for name in ("passed", "aborted-killed-in-recover", "aborted-stopped-in-verify"):
        for kind, value in _documents(name):
            found.setdefault((kind, value.event.type if isinstance(value, Entry) else ""), value)
    return [(kind, value) for (kind, _), value in found.items()]


def _is_of_the_type(document: Any, described: type[BaseModel]) -> bool:
    """What reading a document does: a value of the type, of which canonical form makes the same document again."""
    try:
        return bool(json.loads(canonical(described.model_validate(document))) == document)
    except ValueError:
        return False


def test_schema_and_code_refuse_the_same_changes() -> None:
    """A field less, a field more, a value of another kind, at each place of a document of each kind and event."""
    examples = _one_of_each()
    assert {kind for kind, _ in examples} == set(Kind) - {Kind.DRILL, Kind.PROJECT}
    assert len(examples) > 20
    refused = 0
    for kind, value in examples:
        validator, document = _validator(kind), json.loads(canonical(value))
        step = 1 if len(canonical(value)) < 5_000 else 11
        for place, other in list(_mutations(document))[::step]:
            accepted = _is_of_the_type(other, type(value))
            assert validator.is_valid(other) == accepted, (kind, place)
            refused += not accepted
    assert refused > 1_000


INSTEAD: dict[type, Any] = {str: 12345, int: "a dozen", bool: "perhaps", type(None): ["x"], list: {"x": 1}, dict: ["x"]}


def _mutations(document: Any) -> Iterator[tuple[str, Any]]:
    """A field less, a field more, another kind of value: one of them at a time, everywhere."""
    for path in list(_paths(document)):
        for name, change in (("less", _remove), ("more", _add), ("other", _replace)):
            other = copy.deepcopy(document)
            if change(other, path):
                yield f"{name}: {path}", other


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield (*path, key)
        yield from _paths(part, (*path, key))


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def _remove(document: Any, path: tuple[Any, ...]) -> bool:
    holder = _at(document, path[:-1])
    return isinstance(holder, dict) and (holder.pop(path[-1]), True)[1]


def _add(document: Any, path: tuple[Any, ...]) -> bool:
    holder = _at(document, path)
    return isinstance(holder, dict) and (holder.update({"not-a-field": 1}), True)[1]


def _replace(document: Any, path: tuple[Any, ...]) -> bool:
    holder = _at(document, path[:-1])
    holder[path[-1]] = INSTEAD[type(holder[path[-1]])]
    return True
