"""The guard's decision: one question that is not answered yes, and nothing is touched."""

from itertools import product

import pytest

from orchestrator.core.events import GuardCheck, GuardObserved
from orchestrator.core.guard import LIVE_CHECKS, STATIC_CHECKS, decide, matches_never, screen
from orchestrator.core.plan import PinnedEndpoint, PinnedHost, Plan
from orchestrator.testing import example_plan

HOST = example_plan().hosts[0]
HOST_CHECKS = (*STATIC_CHECKS, *LIVE_CHECKS)


def _host(**changes: object) -> PinnedHost:
    return PinnedHost.model_validate(HOST.model_dump() | changes)


def _plan(*hosts: PinnedHost, endpoints: tuple[PinnedEndpoint, ...] = (), **boundary: object) -> Plan:
    plan = example_plan(hosts=hosts, endpoints=endpoints)
    return plan.model_copy(update={"boundary": plan.boundary.model_copy(update=boundary)})


def _live(*hosts: PinnedHost) -> list[GuardObserved]:
    return [GuardObserved(subject=host.name, check=check, ok=True) for host, check in product(hosts, LIVE_CHECKS)]


def _answer(plan: Plan, check: GuardCheck) -> GuardObserved:
    return next(answer for answer in screen(plan) if answer.check is check)


def test_every_question_answered_yes_for_every_host_is_allowed() -> None:
    second = _host(name="second", address="192.0.2.11", resolved=("192.0.2.11",))
    plan = _plan(HOST, second)
    decision = decide(plan, [*screen(plan), *_live(HOST, second)])
    assert (decision.allowed, decision.reasons) == (True, ())


@pytest.mark.parametrize("index", range(10))
def test_one_answer_missing_or_no_is_refused(index: int) -> None:
    second = _host(name="second", address="192.0.2.11", resolved=("192.0.2.11",))
    plan = _plan(HOST, second)
    answers = [*screen(plan), *_live(HOST, second)]
    assert len(answers) == 10
    without = decide(plan, answers[:index] + answers[index + 1 :])
    asked = answers[index]
    assert (without.allowed, without.reasons) == (False, (f"{asked.subject}: {asked.check}: not asked",))
    answers[index] = asked.model_copy(update={"ok": False, "detail": "no"})
    refused = decide(plan, answers)
    assert (refused.allowed, refused.reasons) == (False, (f"{asked.subject}: {asked.check}: no",))


def test_an_answer_about_another_host_does_not_count() -> None:
    plan = _plan(HOST)
    answers = [*screen(plan), *_live(_host(name="other"))]
    assert not decide(plan, answers).allowed


def test_a_no_is_not_undone_by_a_later_yes() -> None:
    plan = _plan(HOST)
    no = GuardObserved(subject=HOST.name, check=GuardCheck.MARKER_MATCHES, ok=False, detail="no")
    assert not decide(plan, [*screen(plan), no, *_live(HOST)]).allowed


def test_no_target_is_refused() -> None:
    plan = _plan()
    assert decide(plan, screen(plan)).reasons == ("the drill has no target",)


def test_nothing_asked_is_refused() -> None:
    assert not decide(_plan(HOST), []).allowed


def test_a_host_is_staging_where_one_of_its_groups_is_declared() -> None:
    assert _answer(_plan(_host(groups=("x", "restore-target"))), GuardCheck.DECLARED_STAGING).ok
    for groups in ((), ("x",), ("restore-target-2",), ("Restore-Target",)):
        answer = _answer(_plan(_host(groups=groups)), GuardCheck.DECLARED_STAGING)
        assert (answer.ok, answer.detail) == (False, "in no staging group (restore-target)")


def test_no_declared_group_makes_nothing_staging() -> None:
    assert not _answer(_plan(HOST, staging_groups=()), GuardCheck.DECLARED_STAGING).ok


NEVER = [
    ("database", True),
    ("DATABASE", True),
    ("data*", True),
    ("*", True),
    ("d?tabase", True),
    ("restore-target", True),
    ("192.0.2.10", True),
    ("192.0.2.0/24", True),
    ("192.0.2.10/24", True),
    ("192.0.2.*", True),
    ("198.51.100.7", True),
    ("198.51.100.0/28", True),
    ("2001:db8::7", True),
    ("2001:DB8:0:0::7", True),
    ("2001:db8::/32", True),
    ("db.staging.example", True),
    ("*.staging.example", True),
    ("databas", False),
    ("production", False),
    ("192.0.3.0/24", False),
    ("10.0.0.0/8", False),
    ("2001:db9::/32", False),
    ("", False),
]


@pytest.mark.parametrize(("pattern", "matches"), NEVER)
def test_the_never_list_knows_a_host_by_any_of_its_names(pattern: str, matches: bool) -> None:
    host = _host(address="db.staging.example", resolved=("192.0.2.10", "198.51.100.7", "2001:db8::7"))
    assert matches_never(host, pattern) is matches
    assert _answer(_plan(host, never=("nothing", pattern)), GuardCheck.NOT_ON_NEVER_LIST).ok is not matches


def test_the_never_list_wins_over_the_staging_groups() -> None:
    plan = _plan(HOST, never=("restore-target",))
    assert not decide(plan, [*screen(plan), *_live(HOST)]).allowed


def test_another_spelling_of_an_address_is_known_through_what_it_resolves_to() -> None:
    for spelling in ("127.1", "0x7f000001", "localhost", "2130706433"):
        host = _host(address=spelling, resolved=("127.0.0.1",))
        assert matches_never(host, "127.0.0.0/8")
        assert matches_never(host, "127.0.0.1")


def test_an_ipv4_address_written_as_ipv6_is_the_same_address() -> None:
    assert matches_never(_host(address="::ffff:192.0.2.10", resolved=("::ffff:192.0.2.10",)), "192.0.2.0/24")
    assert matches_never(_host(address="192.0.2.10", resolved=("192.0.2.10",)), "::ffff:192.0.2.10")


def test_a_connection_must_lead_to_a_host_of_the_drill() -> None:
    for address, ok in (("192.0.2.10", True), ("db.example", True), ("192.0.2.11", False), ("database", False)):
        host = _host(address="db.example", resolved=("192.0.2.10",))
        plan = _plan(host, endpoints=(PinnedEndpoint(name="SOURCE", host=address, port=5432),))
        answer = _answer(plan, GuardCheck.ENDPOINT_IS_STAGING)
        assert (answer.subject, answer.ok) == ("SOURCE", ok)
        assert decide(plan, [*screen(plan), *_live(host)]).allowed is ok


def test_a_connection_that_nobody_looked_at_is_refused() -> None:
    plan = _plan(HOST, endpoints=(PinnedEndpoint(name="SOURCE", host=HOST.address, port=5432),))
    answers = [answer for answer in screen(plan) if answer.check is not GuardCheck.ENDPOINT_IS_STAGING]
    assert decide(plan, [*answers, *_live(HOST)]).reasons == ("SOURCE: endpoint-is-staging: not asked",)


def test_long_reasons_fit_the_journal() -> None:
    plan = _plan(HOST)
    no = GuardObserved(subject=HOST.name, check=GuardCheck.MARKER_MATCHES, ok=False, detail="x" * 300)
    assert all(len(reason) <= 300 for reason in decide(plan, [*screen(plan), no]).reasons)


def test_a_long_never_list_fits_the_journal() -> None:
    plan = _plan(HOST, never=tuple("*" * n + "a*" for n in range(1, 60)))
    assert not _answer(plan, GuardCheck.NOT_ON_NEVER_LIST).ok
    assert len(_answer(plan, GuardCheck.NOT_ON_NEVER_LIST).detail) <= 300
