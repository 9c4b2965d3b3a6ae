"""Groups A to C of the fields: who and what, framing, authorisation, as the plan and the project declare them. Pure."""

from collections.abc import Iterator

from reports.page.people import players, prior_approval
from reports.page.speech import Speech, Text
from reports.page.variation import chosen_values, other_target
from reports.validity import state_validity
from reports.words import capital


def declared_fields(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    """The lines of fields 1 to 17, by number. None: nobody gave it."""
    yield from _identification(speech)
    yield from _framing(speech)
    yield from _authorisation(speech)


def _identification(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    evidence, organisation = speech.evidence, speech.evidence.plan.organisation
    yield 1, (evidence.run_id, speech.words("identity.status", format=evidence.format, language=evidence.language))
    yield 2, (organisation.name, organisation.legal_entity, *_certificate(speech))
    yield 3, tuple(_activities(speech))
    yield (
        4,
        (
            speech.labelled("classification", organisation.classification),
            speech.labelled("distribution", organisation.distribution),
        ),
    )
    yield 5, (evidence.plan.drill.context.programme, _kind(speech), speech.cadence(), _held(speech))


def _certificate(speech: Speech) -> Iterator[Text]:
    certificate = speech.evidence.plan.organisation.hds_certificate
    if certificate is None:
        yield speech.words("certificate.none")
        return
    yield speech.labelled("certificate-number", certificate.number)
    yield speech.labelled("certificate-scope", certificate.scope)
    yield speech.labelled("certificate-body", certificate.body)
    yield capital(state_validity(certificate, words=speech.words))


def _activities(speech: Speech) -> Iterator[str]:
    for activity in speech.evidence.mapping.activities:
        perimeter = activity.title.within(speech.evidence.language)
        if not activity.official:
            yield speech.words("activity.transverse", perimeter=perimeter)
        for official in activity.official:
            words = official.within(speech.evidence.language)
            key = "activity.same" if words == perimeter else "activity.official"
            yield speech.words(key, official=words, perimeter=perimeter)


def _kind(speech: Speech) -> str:
    kind = speech.evidence.mapping.kind
    return kind.within(speech.evidence.language) if kind else speech.evidence.plan.drill.kind


def _held(speech: Speech) -> str:
    return speech.words("identity.held", start=speech.write.moment(speech.evidence.journal.started_at))


def _framing(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    drill, context = speech.evidence.plan.drill, speech.evidence.plan.drill.context
    hosts = ", ".join(host.name for host in speech.evidence.plan.hosts)
    yield (
        6,
        (
            speech.title(context.scope),
            speech.labelled("exclusions", speech.title(context.exclusions)),
            speech.labelled("system", drill.system),
            speech.labelled("hosts", hosts or speech.words("people.no-host")),
            *other_target(speech),
            speech.labelled("location", speech.evidence.plan.organisation.location),
        ),
    )
    yield 7, (drill.title.within(speech.evidence.language), _objectives(speech))
    assumptions = speech.labelled("assumptions", speech.title(context.assumptions))
    yield 8, (speech.title(context.scenario), assumptions, *chosen_values(speech))
    yield 9, (speech.labelled("bia", context.bia), *_needs(speech))
    yield (
        10,
        (
            speech.title(context.criteria),
            speech.labelled("abort", speech.title(context.abort_criteria)),
            speech.words("criteria.sealed", moment=speech.write.moment(speech.evidence.plan.created_at)),
        ),
    )
    content = speech.evidence.plan.content
    yield 11, (*context.plans, speech.words("plans.content", count=len(content)) if content else None)
    yield 12, context.risks
    yield 13, context.third_parties


def _objectives(speech: Speech) -> str:
    objectives = speech.evidence.plan.drill.objectives
    named = (("RTO", objectives.rto), ("RPO", objectives.rpo)) if speech.evidence.plan.drill.needs_hosts else ()
    decision = objectives.decision
    told = (speech.words("people.objective", value=speech.write.exactly(decision)),) if decision is not None else ()
    return " · ".join((*(f"{name} {_limit(speech, value)}" for name, value in named), *told))


def _needs(speech: Speech) -> Iterator[str]:
    objectives, technical = speech.evidence.plan.drill.objectives, speech.evidence.plan.drill.needs_hosts
    for name, value in (
        ("dmia", objectives.dmia),
        ("rto", objectives.rto),
        ("pdma", objectives.pdma),
        ("rpo", objectives.rpo),
    ):
        if value is None and not technical:
            continue
        yield speech.words(f"need.{name}", value=_limit(speech, value))


def _limit(speech: Speech, value: int | None) -> str:
    return speech.write.exactly(value) if value is not None else speech.words("not-given")


def _authorisation(speech: Speech) -> Iterator[tuple[int, tuple[Text, ...]]]:
    plan, request = speech.evidence.plan, speech.evidence.request
    organisation, asked = plan.organisation, request.event if request else None
    yield (
        14,
        (
            asked.requester if asked else None,
            speech.labelled("reason", asked.reason if asked else None),
            speech.labelled("change", asked.change if asked else None),
            speech.labelled("approval", prior_approval(speech)),
        ),
    )
    roles = {
        "sponsor": organisation.sponsor,
        "director": organisation.exercise_director,
        "operator": asked.requester if asked else None,
        "observers": None,
        "business": None,
    }
    yield 15, (*(speech.labelled(role, person) for role, person in roles.items()), *players(speech))
    yield 16, tuple(_target(speech))
    dpo = speech.labelled("dpo", plan.drill.context.dpo_reference)
    yield 17, (speech.words(f"data.{plan.drill.data}"), dpo, *_erasures(speech))


def _erasures(speech: Speech) -> Iterator[Text]:
    """What becomes of people erased since the backup, where the drill says it."""
    said = speech.evidence.plan.drill.erasures
    if said is None:
        return
    if said.replay and said.check:
        replay, check = (speech.step_title(step) for step in (said.replay, said.check))
        yield speech.words("erasures.replayed", replay=replay, check=check)
    else:
        yield speech.words("erasures.none", reason=speech.title(said.none) or "")


def _target(speech: Speech) -> Iterator[str]:
    yield ", ".join(f"{host.name} ({host.address}:{host.port})" for host in speech.evidence.plan.hosts)
    good = sum(seen.event.ok for seen in speech.evidence.guard)
    yield speech.words("guard.tally", ok=good, asked=len(speech.evidence.guard))
