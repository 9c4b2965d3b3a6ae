"""Decides what is removed under which rule of retention, and why the rest is kept. Pure: what is not proved is kept.

Whoever acts on it enters it in the register first (`orchestrator.app.pruning`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.core.model import SHA256
from orchestrator.core.retention import kept_until, parse_retention
from orchestrator.keeping import EvidenceRuleDefinition, RetentionDefinition, RuleDefinition
from reports.dossier.actions import action_lines
from reports.dossier.chronicle import Chronicle, RunEntries
from reports.register.entries import ActionState, Category, RemovedFile
from reports.register.holds import Holds, holds_in_force


class Why(StrEnum):
    """Why something is kept."""

    UNKNOWN = "unknown"
    """The register does not know the run, or says two things of it."""
    OPEN = "open"
    UNSEALED = "unsealed"
    HELD = "held"
    ACTIONS = "actions"
    ALTERED = "altered"
    """What is there is not what was sealed, or more than that."""
    NO_RULE = "no-rule"
    NO_PERIOD = "no-period"
    """Its own report says for how long it is kept, in words that are no period."""
    NO_DOSSIER = "no-dossier"
    YOUNG = "young"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFiles:
    """What lies on disk of one run.

    Attributes:
        run_id: Its name.
        files: By what could be removed with them; those of `evidence` are all of them.
        attestation_sha256: Of the statement in the attestation that is there; None where there is none.
        altered: What is not as it was sealed, in words; empty where all of it is.
        retention: What its own report says of how long it is kept.
    """

    run_id: str
    files: Mapping[Category, tuple[RemovedFile, ...]]
    attestation_sha256: SHA256 | None
    altered: str
    retention: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """Files that were kept for long enough."""

    run_id: str
    category: Category
    rule: RuleDefinition
    keep: str
    since: datetime
    until: datetime
    files: tuple[RemovedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """Files that are kept, and why."""

    run_id: str
    category: Category
    why: Why
    detail: str = ""
    until: datetime | None = None
    """When a rule lets them go, where it is only a question of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What is known beside the run's own files: the register, and the runs in sealed audit files.

    `archived`: by the run, the digests of its attestation's statement there.
    """

    chronicle: Chronicle
    holds: Holds
    acting: frozenset[str]
    """Runs with a corrective action that is open."""
    archived: Mapping[str, frozenset[SHA256]]


def build_ledger(chronicle: Chronicle, *, archived: Mapping[str, frozenset[SHA256]], now: datetime) -> Ledger:
    """What the register says that matters here, read once for all runs."""
    acting = (line.run_id for line in action_lines(chronicle, now=now) if line.state is ActionState.OPEN)
    return Ledger(
        chronicle=chronicle,
        holds=holds_in_force(chronicle.entries),
        acting=frozenset(acting),
        archived=archived,
    )


def decide(
    run: RunFiles, rules: RetentionDefinition, *, ledger: Ledger, now: datetime
) -> tuple[Removable | Retained, ...]:
    """What becomes of the files of one run: one answer for each category of which there are any."""
    found = (_decide(run, category, rules, ledger=ledger, now=now) for category in Category if run.files.get(category))
    answers = tuple(found)
    # Where all of a run goes, its copies and leftovers are among it.
    whole = tuple(one for one in answers if isinstance(one, Removable) and one.category is Category.EVIDENCE)
    return whole or answers


def _decide(
    run: RunFiles, category: Category, rules: RetentionDefinition, *, ledger: Ledger, now: datetime
) -> Removable | Retained:
    entries = ledger.chronicle.run(run.run_id)
    sealed = entries.sealed
    kept = _unproved(run, entries) or _wanted(run, category, ledger=ledger)
    if kept is not None or sealed is None:
        why, detail = kept or (Why.UNSEALED, "")
        return Retained(run_id=run.run_id, category=category, why=why, detail=detail)
    ruled = _ruled(run, category, rules, entries=entries, since=sealed.at)
    if isinstance(ruled, Why):
        return Retained(run_id=run.run_id, category=category, why=ruled)
    rule, keep, until = ruled
    if now < until:
        return Retained(run_id=run.run_id, category=category, why=Why.YOUNG, detail=rule.rule, until=until)
    return Removable(
        run_id=run.run_id,
        category=category,
        rule=rule,
        keep=keep,
        since=sealed.at,
        until=until,
        files=run.files[category],
    )


def _unproved(run: RunFiles, entries: RunEntries) -> tuple[Why, str] | None:
    if entries.started is None or not entries.consistent:
        return Why.UNKNOWN, ""
    if entries.ended is None:
        return Why.OPEN, ""
    if entries.sealed is None:
        return Why.UNSEALED, ""
    if run.attestation_sha256 != entries.sealed.event.attestation_sha256:
        return Why.ALTERED, "its attestation is not the one that was entered"
    return (Why.ALTERED, run.altered) if run.altered else None


def _wanted(run: RunFiles, category: Category, *, ledger: Ledger) -> tuple[Why, str] | None:
    """Who still wants it. Its copies and leftovers are no evidence of their own: only a hold keeps them."""
    holds = ledger.holds.of(run.run_id)
    if holds:
        return Why.HELD, ", ".join(f"{hold.by}: {hold.reason} (entry {hold.seq})" for hold in holds)
    if category is not Category.EVIDENCE:
        return None
    if run.run_id in ledger.acting:
        return Why.ACTIONS, ""
    archived = ledger.archived.get(run.run_id, frozenset())
    return None if run.attestation_sha256 in archived else (Why.NO_DOSSIER, "")


def _ruled(
    run: RunFiles, category: Category, rules: RetentionDefinition, *, entries: RunEntries, since: datetime
) -> tuple[RuleDefinition, str, datetime] | Why:
    """The rule that keeps it the longest, for how long, and until when."""
    match category:
        case Category.COPIES | Category.LEFTOVERS:
            rule = rules.copies if category is Category.COPIES else rules.leftovers
            return Why.NO_RULE if rule is None else (rule, rule.keep, kept_until(since, rule.keep))
        case Category.EVIDENCE:
            perimeters = entries.started.event.perimeters if entries.started else ()
            found = _rules_of(perimeters, rules.evidence)
            if not found:
                return Why.NO_RULE
            own = parse_retention(run.retention)
            if run.retention is not None and own is None:
                return Why.NO_PERIOD
            longest = max(found, key=lambda one: kept_until(since, one.keep))
            # Nobody shortens what the report has already told everybody.
            keep = max((longest.keep, own or longest.keep), key=lambda period: kept_until(since, period))
            return longest, keep, kept_until(since, keep)


def _rules_of(perimeters: Sequence[int], rules: Sequence[EvidenceRuleDefinition]) -> tuple[EvidenceRuleDefinition, ...]:
    """The rules about a run: none, unless each of its perimeters has one."""
    if not perimeters:
        return tuple(rule for rule in rules if not rule.perimeters)
    covered = all(any(rule.is_about(perimeter) for rule in rules) for perimeter in perimeters)
    about = tuple(rule for rule in rules if any(rule.is_about(perimeter) for perimeter in perimeters))
    return about if covered else ()
