"""What a person is told to do about an answer of the guard."""

import pytest

from orchestrator.core.events import GuardCheck, GuardObserved
from orchestrator.core.guard import NO_KEY, NOT_ASKED, remedy


def _advice(check: GuardCheck, detail: str, *, ok: bool = False) -> str:
    return remedy(GuardObserved(subject="spare", check=check, ok=ok, detail=detail))


def test_a_host_whose_key_nobody_compared_is_asked_for_it() -> None:
    assert "`reprise hosts trust spare`" in _advice(GuardCheck.HOST_KEY_KNOWN, NO_KEY)


def test_a_host_without_its_marker_gets_it_from_a_person() -> None:
    assert "`reprise hosts marker spare`" in _advice(GuardCheck.MARKER_MATCHES, "no marker can be read at /etc/m")


@pytest.mark.parametrize(
    ("check", "detail"),
    [
        (GuardCheck.HOST_KEY_KNOWN, "it has the key SHA256:a, not SHA256:b"),
        (GuardCheck.HOST_KEY_KNOWN, "not reached: refused"),
        (GuardCheck.MARKER_MATCHES, f"{NOT_ASKED}: the host is not known to be the right one"),
        (GuardCheck.NOT_ON_NEVER_LIST, "on the never-list: prod-*"),
        (GuardCheck.PRODUCTION_UNREACHABLE, "production answers from here"),
    ],
)
def test_where_a_command_would_make_it_worse_none_is_named(check: GuardCheck, detail: str) -> None:
    assert _advice(check, detail) == ""


def test_nothing_is_to_be_done_about_a_yes() -> None:
    assert _advice(GuardCheck.MARKER_MATCHES, "", ok=True) == ""
