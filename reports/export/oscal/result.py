"""One run as one OSCAL result: subjects, reviewed controls, observations, findings, log.

No finding says that a control is satisfied: a drill contributes to controls, and whether they are met is the auditor's.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from orchestrator.core.model import Verdict
from orchestrator.core.results import Finding, Instant, TimelinePoint, Weight
from reports.catalogue import Control
from reports.export.oscal.observations import Observations, Seen
from reports.export.oscal.terms import Json, identify, instant, properties, token, without_empty
from reports.export.run import SealedRun
from reports.export.text import line
from reports.signing.wording import describe
from reports.typography import Typography
from reports.words import Words


def build_result(run: SealedRun, *, words: Words) -> Json:
    """The result of one run, in the language of the words."""
    evidence, tool = run.evidence, identify(run.run_id, "tool")
    observations = Observations(run=run, words=words, typography=Typography(words), tool=tool)
    seen = observations.all()
    title = evidence.plan.drill.title.within(words.language)
    result = {
        "uuid": identify(run.run_id, "result"),
        "title": line(f"{title} ({run.run_id})"),
        "description": line(words(f"sentence.{evidence.judgement.verdict}")),
        "start": instant(evidence.journal.started_at),
        "end": instant(evidence.journal.ended_at),
        "props": _facts(run),
        "local-definitions": _definitions(run, words=words, tool=tool),
        "reviewed-controls": _controls(run, words=words),
        "assessment-log": without_empty({"entries": list(_log(run, words=words))}),
        "observations": [one.body for one in seen],
        "remarks": _seal(run, words=words),
        "findings": [_verdict(run, words=words, seen=seen), *_findings(run, words=words, seen=seen)],
    }
    return without_empty(result)


def _facts(run: SealedRun) -> list[Json]:
    evidence = run.evidence
    drill = evidence.plan.drill
    return properties(
        run_id=run.run_id,
        drill=drill.id,
        kind=drill.kind,
        system=drill.system,
        perimeters=" ".join(map(str, drill.perimeters)),
        data=drill.data,
        verdict=evidence.judgement.verdict,
        exit_code=int(evidence.judgement.exit_code),
        cleanup_failed=evidence.judgement.cleanup_failed,
        plan_sha256=evidence.plan_sha256,
        journal_sha256=evidence.journal.sha256,
        catalogue=evidence.mapping.version,
        signer=evidence.signature.signer,
        signature_algorithm=evidence.signature.algorithm,
        signature_level=evidence.signature.level,
        certificate_sha256=evidence.signature.certificate_sha256,
    )


def _definitions(run: SealedRun, *, words: Words, tool: str) -> Json:
    plan = run.evidence.plan
    program = {
        "uuid": tool,
        "type": "software",
        "title": "reprise",
        "description": words("export.oscal.tool"),
        "props": properties(
            **{f"version_{token(name)}": version for name, version in sorted(run.evidence.versions.items())},
            **{f"tool_{token(name)}": version for name, version in sorted(plan.tools.items())},
        ),
        "status": {"state": "operational"},
    }
    hosts = [
        {
            "uuid": identify(run.run_id, "host", host.name),
            "description": line(host.name),
            "props": properties(groups=" ".join(host.groups), host_key_sha256=host.host_key_sha256),
        }
        for host in plan.hosts
    ]
    platform = {
        "uuid": identify(run.run_id, "platform"),
        "title": "reprise",
        "uses-components": [{"component-uuid": tool}],
    }
    return without_empty(
        {
            "inventory-items": [without_empty(host) for host in hosts],
            "assessment-assets": {"components": [without_empty(program)], "assessment-platforms": [platform]},
        }
    )


def _controls(run: SealedRun, *, words: Words) -> Json:
    mapping = run.evidence.mapping
    titles = {framework.id: framework.title.within(words.language) for framework in mapping.frameworks}
    grouped = groupby(
        sorted(mapping.controls, key=lambda one: list(titles).index(one.framework)), lambda c: c.framework
    )
    selections = [
        _selection(framework, title=titles[framework], controls=tuple(found), words=words)
        for framework, found in grouped
    ]
    described = words("export.oscal.no-claim", catalogue=mapping.version)
    return {"description": line(described), "control-selections": selections or [{"description": line(described)}]}


def _selection(framework: str, *, title: str, controls: tuple[Control, ...], words: Words) -> Json:
    written = [f"{control.reference} {control.title.within(words.language)}" for control in controls]
    return {
        "description": line(title),
        "props": properties(
            framework=framework,
            primary=" ".join(token(framework, one.reference) for one in controls if one.primary),
        ),
        "include-controls": [{"control-id": token(framework, control.reference)} for control in controls],
        "remarks": line("; ".join(written)),
    }


def _seal(run: SealedRun, *, words: Words) -> str:
    """Who sealed and what that is worth.

    Not an `attestation`: NIST's constraint on its parts wants a method of every one, also of those that have none.
    """
    worth = describe(run.evidence.signature, words=words)
    return line(f"{worth.short}. {worth.long}")


def _log(run: SealedRun, *, words: Words) -> Iterator[Json]:
    for point in run.evidence.measurements.timeline:
        yield _logged(run, point, words=words)


def _logged(run: SealedRun, point: TimelinePoint, *, words: Words) -> Json:
    """An instant on the wall clock, counted from the first line: a clock that is set meanwhile moves none."""
    first, origin = run.entries[0].at, run.evidence.measurements.origin_us
    upper = point.at.lower if point.at.upper is None else point.at.upper
    name = f"{Instant(point.instant).value.upper()} {words(f'instant.{point.instant}')}"
    return without_empty(
        {
            "uuid": identify(run.run_id, "instant", point.instant),
            "title": line(name),
            "description": line(words(f"instant-meaning.{point.instant}")),
            "start": instant(first + timedelta(microseconds=point.at.lower - origin)),
            "end": instant(first + timedelta(microseconds=upper - origin)),
            "props": properties(
                instant=point.instant,
                basis=point.basis,
                upper="unbounded" if point.at.upper is None else None,
                journal_lines=" ".join(map(str, point.lines)),
            ),
        }
    )


def _verdict(run: SealedRun, *, words: Words, seen: tuple[Seen, ...]) -> Json:
    """The objectives and checks of the drill as one target: satisfied by a plain pass only."""
    verdict, drill = run.evidence.judgement.verdict, run.evidence.plan.drill
    passed = verdict is Verdict.PASSED
    return _finding(
        identify(run.run_id, "verdict"),
        title=words(f"verdict.{verdict}"),
        description=words(f"sentence.{verdict}"),
        target=token("drill", drill.id),
        state={"state": "satisfied", "reason": "pass"}
        if passed
        else {"state": "not-satisfied", "reason": _reason(verdict)},
        props=properties(verdict=verdict),
        related=[one.uuid for one in seen if one.kind in ("measurement", "check")],
    )


def _findings(run: SealedRun, *, words: Words, seen: tuple[Seen, ...]) -> Iterator[Json]:
    for number, found in enumerate(run.evidence.judgement.findings):
        yield _finding(
            identify(run.run_id, "finding", str(number), found.code, found.subject),
            title=words(f"finding.{found.code}", subject=found.subject),
            description=found.detail or words(f"finding.{found.code}", subject=found.subject),
            target=token(found.code),
            state={"state": "not-satisfied", "reason": "fail" if found.weight is Weight.FAILED else "other"},
            props=properties(
                code=found.code,
                subject=found.subject,
                weight=found.weight,
                journal_lines=" ".join(map(str, found.lines)),
            ),
            related=[one.uuid for one in seen if _shows(one, found)],
        )


def _shows(seen: Seen, finding: Finding) -> bool:
    return seen.subject == finding.subject or bool(set(seen.lines) & set(finding.lines))


def _reason(verdict: Verdict) -> str:
    return "fail" if verdict is Verdict.FAILED else "other"


def _finding(
    uuid: str, *, title: str, description: str, target: str, state: Json, props: list[Json], related: list[str]
) -> Json:
    return without_empty(
        {
            "uuid": uuid,
            "title": line(title),
            "description": line(description),
            "props": props,
            "target": {"type": "objective-id", "target-id": target, "status": state},
            "related-observations": [{"observation-uuid": one} for one in related],
        }
    )
