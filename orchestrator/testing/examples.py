"""A small drill and its plan to start a test from: one host, one watch, a canary, one step in each phase."""

from datetime import timedelta
from typing import Any

from orchestrator.core.canonical import sha256
from orchestrator.core.drill import Drill
from orchestrator.core.model import Language
from orchestrator.core.plan import Boundary, Organisation, PinnedEndpoint, PinnedFile, PinnedHost, Plan, RecoveryPoint
from orchestrator.testing.clock import STARTED_AT

DRILL_TEXT = b"# the drill file of a run with fakes\n"


def example_drill(**changes: Any) -> Drill:
    """A drill that loses a database and restores it, with these top-level keys (in kebab-case or not) changed."""
    written: dict[str, Any] = {
        "format": "reprise/drill/v1",
        "id": "example",
        "title": {"fr": "Exemple", "en": "Example"},
        "kind": "backup-restore",
        "perimeters": [5],
        "system": "dpi",
        "data": "synthetic",
        "objectives": {"rto": "1m", "rpo": "10s"},
        "targets": "restore-target",
        "recovery-point": {"catalogue": "fake", "host": "database"},
        "watch": [{"id": "service", "probe": "fake", "every": "50ms", "with": {"ask": "alive"}}],
        "canary": {"probe": "fake", "every": "50ms", "with": {"ask": "mark"}, "read": {"ask": "marks"}},
        "steps": [
            {"id": "manifest", "phase": "prepare", "probe": "fake", "with": {"ask": "rows"}},
            {"id": "lose", "phase": "disrupt", "playbook": "fake/lose.yml"},
            {"id": "restore", "phase": "recover", "playbook": "fake/restore.yml"},
            {
                "id": "complete",
                "phase": "verify",
                "probe": "fake",
                "with": {"ask": "restored-rows"},
                "expect": {"same-as": "manifest"},
            },
            {"id": "erase", "phase": "cleanup", "playbook": "fake/erase.yml"},
        ],
    }
    return Drill.model_validate(written | {key.replace("_", "-"): value for key, value in changes.items()})


def tabletop_drill(**changes: Any) -> Drill:
    """A drill that people alone carry out: announced, decided, confirmed; with top-level keys changed as above."""
    ask = {"fr": "Est-ce le cas ?", "en": "Is it so?"}
    lead: dict[str, Any] = {"roles": ["lead"], "ask": ask}
    written: dict[str, Any] = {
        "format": "reprise/drill/v1",
        "id": "tabletop",
        "title": {"fr": "Exercice sur table", "en": "Tabletop"},
        "kind": "crisis-tabletop",
        "perimeters": [6],
        "system": "crisis-cell",
        "data": "synthetic",
        "objectives": {"decision": "10m"},
        "roles": {"lead": {"fr": "Animateur", "en": "Lead"}, "director": {"fr": "Directeur", "en": "Director"}},
        "steps": [
            {"id": "announce", "phase": "disrupt", "task": lead | {"marks": "disaster", "at-limit": "failed"}},
            {
                "id": "decide",
                "phase": "recover",
                "approval": {"roles": ["director"], "ask": ask, "marks": "decided", "at-limit": "failed"},
            },
            {
                "id": "confirm",
                "phase": "verify",
                "task": lead | {"values": {"units": {"expect": {"at-least": 3}}}},
            },
        ],
    }
    return Drill.model_validate(written | {key.replace("_", "-"): value for key, value in changes.items()})


def tabletop_plan(drill: Drill | None = None, **changes: Any) -> Plan:
    """The sealed plan of a drill that acts on no host (of `tabletop_drill` if none is given)."""
    none: dict[str, Any] = {"content": (), "hosts": (), "endpoints": (), "recovery_point": None}
    return example_plan(drill or tabletop_drill(), **(none | changes))


def example_point() -> RecoveryPoint:
    """The recovery point that the example's plan pins."""
    return RecoveryPoint(
        id="20261123-013000F",
        kind="full",
        started_at=STARTED_AT - timedelta(minutes=30),
        finished_at=STARTED_AT - timedelta(minutes=29),
        size_bytes=38_412_288,
        tool="fake",
        tool_version="1.0",
        manifest_sha256=sha256(b"manifest"),
    )


def example_plan(drill: Drill | None = None, **changes: Any) -> Plan:
    """The sealed plan of a drill (of `example_drill` if none is given), with these fields changed."""
    host = PinnedHost(
        name="database",
        address="192.0.2.10",
        port=22,
        groups=("restore-target",),
        resolved=("192.0.2.10",),
        host_key_sha256="SHA256:" + "A" * 43,
    )
    plan = Plan(
        run_id="20261123T020000Z-example-4f9c",
        created_at=STARTED_AT - timedelta(seconds=4),
        language=Language.ENGLISH,
        organisation=Organisation(name="Example"),
        boundary=Boundary(
            project="example",
            staging_groups=("restore-target",),
            never=("production",),
            production_endpoints=("192.0.2.99:5432",),
            marker_path="/etc/reprise-staging",
        ),
        drill=drill or example_drill(),
        drill_file=PinnedFile(name="example.yml", sha256=sha256(DRILL_TEXT), origin="project"),
        content=(PinnedFile(name="playbooks/fake/lose.yml", sha256=sha256(b"lose"), origin="project"),),
        hosts=(host,),
        endpoints=(PinnedEndpoint(name="SOURCE (192.0.2.10:5432)", host="192.0.2.10", port=5432),),
        recovery_point=example_point(),
        recovery_point_fault=None,
        seed=sha256(b"seed"),
        tools={"fake": "1.0"},
    )
    return plan.model_copy(update=changes)
