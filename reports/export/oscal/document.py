"""The OSCAL document: metadata, actors, the runs' results, and every file of the evidence with its digest."""

import json
from collections.abc import Sequence

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.errors import UsageError
from reports.export.formats import format_of
from reports.export.oscal.result import build_result
from reports.export.oscal.terms import Json, identify, instant, properties, without_empty
from reports.export.run import SealedRun
from reports.export.text import line
from reports.layout import BUNDLE
from reports.materials import PLAN
from reports.words import Words, load_words

OSCAL_VERSION = "1.2.1"
_OWN_VERSION = "1"
"""Of the way in which evidence becomes OSCAL: raised when the same run gives another document."""


def render_oscal(runs: Sequence[SealedRun], *, language: Language) -> bytes:
    """Assessment results of sealed runs, valid against NIST's JSON schema; the same runs give the same bytes.

    Args:
        runs: At least one. They are written in the order of their names, whatever the order given.
        language: Of titles and sentences. Names, codes and units are the same in both.

    Raises:
        UsageError: There is no run: OSCAL has no assessment results without a result.
    """
    if not runs:
        raise UsageError("OSCAL: there is no run to export", hint="name a run, or a period that holds one")
    ordered = sorted(runs, key=lambda run: run.run_id)
    results = _document(ordered, words=load_words(language))
    return json.dumps({"assessment-results": results}, ensure_ascii=False, indent=1).encode() + b"\n"


def _document(runs: list[SealedRun], *, words: Words) -> Json:
    names = [run.run_id for run in runs]
    return {
        "uuid": identify("document", words.language, *names),
        "metadata": _metadata(runs, words=words),
        "import-ap": {"href": f"#{identify('plans', *names)}"},
        "results": [build_result(run, words=words) for run in runs],
        "back-matter": {
            "resources": [_plans(runs, words=words), *(resource for run in runs for resource in _resources(run))]
        },
    }


def _metadata(runs: list[SealedRun], *, words: Words) -> Json:
    organisations = sorted({run.evidence.plan.organisation.name for run in runs})
    requesters = sorted({run.evidence.request.event.requester for run in runs if run.evidence.request})
    parties = {
        "organisation": [_party("organization", name) for name in organisations],
        "requester": [_party("person", name) for name in requesters],
    }
    return without_empty(
        {
            "title": line(words("export.oscal.title")),
            "last-modified": instant(max(run.evidence.journal.ended_at for run in runs)),
            "version": _OWN_VERSION,
            "oscal-version": OSCAL_VERSION,
            "props": properties(language=words.language),
            "roles": [{"id": role, "title": line(words(f"export.oscal.role.{role}"))} for role in parties],
            "parties": [party for found in parties.values() for party in found],
            "responsible-parties": [
                {"role-id": role, "party-uuids": [party["uuid"] for party in found]}
                for role, found in parties.items()
                if found
            ],
            "remarks": line(words("report.disclaimer")),
        }
    )


def _party(kind: str, name: str) -> Json:
    return {"uuid": identify("party", kind, name), "type": kind, "name": line(name)}


def _plans(runs: list[SealedRun], *, words: Words) -> Json:
    """What was assessed against: a drill's plan is sealed before anything happens, so it is the assessment plan."""
    return {
        "uuid": identify("plans", *(run.run_id for run in runs)),
        "title": line(words("export.oscal.plans")),
        "rlinks": [_link(run, PLAN, run.files[PLAN]) for run in runs],
    }


def _resources(run: SealedRun) -> list[Json]:
    files = {BUNDLE: run.bundle, **run.files}
    return [
        {
            "uuid": identify(run.run_id, "file", name),
            "title": name,
            "props": properties(run_id=run.run_id, size_bytes=len(files[name])),
            "rlinks": [_link(run, name, files[name])],
        }
        for name in sorted(files)
    ]


def _link(run: SealedRun, name: str, content: bytes) -> Json:
    return {
        "href": f"{run.run_id}/{name}",
        "media-type": format_of(name).media_type,
        "hashes": [{"algorithm": "SHA-256", "value": sha256(content)}],
    }
