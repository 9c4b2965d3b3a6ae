"""What is removed under which rule, decided from registers written by hand: whatever is not proved is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.keeping import EvidenceRuleDefinition, RetentionDefinition, RuleDefinition
from reports.dossier.chronicle import Chronicle
from reports.register.entries import (
    Action,
    ActionState,
    Category,
    FilesRemoved,
    HoldPlaced,
    HoldReleased,
    RegisterEvent,
    RemovedFile,
    Topic,
)
from reports.register.holds import holds_in_force
from reports.removal import Ledger, Removable, Retained, RunFiles, Why, build_ledger, decide
from tests.unit.reports.dossier.lives import SHA, at, chain, ended, noted, sealed, started

RUN = "run-1"
FILE = RemovedFile(path="runs/run-1/bundle.zip", sha256=SHA, size=9)
SEALED_AT = at(3, 1)
RULES = RetentionDefinition(
    evidence=(
        EvidenceRuleDefinition(rule="hds", keep="6 ans", reason="x", perimeters=(5, 6)),
        EvidenceRuleDefinition(rule="long", keep="10 ans", reason="x", perimeters=(4,)),
    ),
    copies=RuleDefinition(rule="bulky", keep="18 mois", reason="x"),
    leftovers=RuleDefinition(rule="days", keep="30 jours", reason="x"),
)
LIFE: tuple[RegisterEvent, ...] = (started(RUN), ended(RUN), sealed(RUN))
ARCHIVED = {RUN: frozenset({SHA})}


def files(
    *categories: Category, attestation: str | None = SHA, altered: str = "", retention: str | None = None
) -> RunFiles:
    return RunFiles(
        run_id=RUN,
        files=dict.fromkeys(categories or (Category.EVIDENCE,), (FILE,)),
        attestation_sha256=attestation,
        altered=altered,
        retention=retention,
    )


def ledger(*events: RegisterEvent, archived: dict[str, frozenset[str]] | None = None) -> Ledger:
    entries = chain(*((SEALED_AT, event) for event in events or LIFE))
    known = ARCHIVED if archived is None else archived
    return build_ledger(Chronicle(entries), archived=known, now=at(4))


def answer(
    run: RunFiles | None = None,
    known: Ledger | None = None,
    *,
    rules: RetentionDefinition = RULES,
    now: datetime = datetime(2050, 1, 1, tzinfo=UTC),
) -> Removable | Retained:
    (one,) = decide(run or files(), rules, ledger=known or ledger(), now=now)
    return one


def why(run: RunFiles | None = None, known: Ledger | None = None, *, rules: RetentionDefinition = RULES) -> Why:
    one = answer(run, known, rules=rules)
    assert isinstance(one, Retained)
    return one.why


def test_it_goes_at_the_instant_at_which_its_time_is_over() -> None:
    over = SEALED_AT.replace(year=SEALED_AT.year + 6)
    gone = answer(now=over)
    assert isinstance(gone, Removable)
    assert (gone.rule.rule, gone.keep, gone.since, gone.until, gone.files) == ("hds", "P6Y", SEALED_AT, over, (FILE,))
    kept = answer(now=over - timedelta(microseconds=1))
    assert isinstance(kept, Retained)
    assert (kept.why, kept.until) == (Why.YOUNG, over)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((started("run-2"),), Why.UNKNOWN),
        ((started(RUN), ended(RUN), sealed(RUN), started(RUN, drill="other")), Why.UNKNOWN),
        ((started(RUN),), Why.OPEN),
        ((started(RUN), ended(RUN)), Why.UNSEALED),
        ((*LIFE, HoldPlaced(run_id=RUN, by="legal", reason="claim")), Why.HELD),
        (
            (
                *LIFE,
                HoldPlaced(run_id=RUN, by="a", reason="x"),
                HoldReleased(run_id="run-2", hold=3, by="a", reason="x"),
            ),
            Why.HELD,
        ),
        (
            (*LIFE, noted(RUN, Topic.ACTION, action=Action(id="a", owner="o", due_on="2026-05-01"))),
            Why.ACTIONS,
        ),
    ],
)
def test_what_the_register_says_keeps_it(events: tuple[RegisterEvent, ...], reason: Why) -> None:
    assert why(known=ledger(*events)) is reason


def test_what_is_over_keeps_nothing() -> None:
    action = Action(id="a", owner="o", due_on="2026-05-01")
    done = action.model_copy(update={"state": ActionState.DONE})
    events = (
        *LIFE,
        HoldPlaced(run_id=RUN, by="legal", reason="claim"),
        HoldReleased(run_id=RUN, hold=3, by="legal", reason="settled"),
        noted(RUN, Topic.ACTION, action=action),
        noted(RUN, Topic.ACTION, action=done),
    )
    assert isinstance(answer(known=ledger(*events)), Removable)


def test_what_is_not_proved_is_kept() -> None:
    assert why(files(attestation="1" * 64)) is Why.ALTERED
    assert why(files(attestation=None)) is Why.ALTERED
    assert why(files(altered="a file too many")) is Why.ALTERED
    assert why(known=ledger(archived={})) is Why.NO_DOSSIER
    assert why(known=ledger(archived={RUN: frozenset({"1" * 64})})) is Why.NO_DOSSIER
    assert why(files(retention="6 ans, puis tri")) is Why.NO_PERIOD


def test_a_run_needs_a_rule_for_each_of_its_perimeters_and_the_longest_counts() -> None:
    def about(*perimeters: int) -> Ledger:
        return ledger(started(RUN, perimeters=perimeters), ended(RUN), sealed(RUN))

    assert why(known=about(3)) is Why.NO_RULE
    assert why(known=about(3, 5)) is Why.NO_RULE
    assert why(known=about()) is Why.NO_RULE
    assert why(rules=RetentionDefinition()) is Why.NO_RULE
    gone = answer(known=about(4, 5))
    assert isinstance(gone, Removable)
    assert (gone.rule.rule, gone.keep) == ("long", "P10Y")
    every = RetentionDefinition(evidence=(EvidenceRuleDefinition(rule="all", keep="P1Y", reason="x"),))
    assert isinstance(answer(known=about(), rules=every), Removable)


def test_nobody_shortens_what_its_own_report_says() -> None:
    one = answer(files(retention="20 ans"))
    assert isinstance(one, Removable)
    assert (one.keep, one.until) == ("P20Y", SEALED_AT.replace(year=SEALED_AT.year + 20))


def test_copies_and_leftovers_need_no_audit_file_and_a_hold_keeps_them() -> None:
    both = files(Category.COPIES, Category.LEFTOVERS)
    found = decide(both, RULES, ledger=ledger(archived={}), now=datetime(2050, 1, 1, tzinfo=UTC))
    assert [type(one) for one in found] == [Removable, Removable]
    held = ledger(*LIFE, HoldPlaced(run_id=RUN, by="legal", reason="claim"))
    found = decide(both, RULES, ledger=held, now=datetime(2050, 1, 1, tzinfo=UTC))
    assert [one.why for one in found if isinstance(one, Retained)] == [Why.HELD, Why.HELD]
    assert why(files(Category.COPIES), rules=RetentionDefinition()) is Why.NO_RULE


def test_where_a_whole_run_goes_its_copies_go_with_it() -> None:
    every = files(*Category)
    found = decide(every, RULES, ledger=ledger(), now=datetime(2050, 1, 1, tzinfo=UTC))
    assert [one.category for one in found] == [Category.EVIDENCE]


def test_a_removal_is_of_its_run_and_holds_count_by_their_entry() -> None:
    removed = FilesRemoved(
        run_id=RUN,
        category=Category.EVIDENCE,
        rule="hds",
        keep="P6Y",
        kept_since=SEALED_AT,
        reason="x",
        by="somebody",
        files=(FILE,),
    )
    entries = chain(*((SEALED_AT, event) for event in (*LIFE, removed)))
    assert [one.event for one in Chronicle(entries).run(RUN).removals] == [removed]
    assert holds_in_force(entries).all == ()
