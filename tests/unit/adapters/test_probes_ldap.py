import pytest

from orchestrator.adapters.ldap.session import Entry
from orchestrator.adapters.probes.erased import Ledger
from orchestrator.adapters.probes.ldap import about_erased, digest_entries
from orchestrator.errors import ProbeError

TWO = Ledger(ids=("17", "ab-9.z", "17"), sha256="0" * 64)


def entry(name: str = "uid=a,dc=x", **attributes: tuple[bytes, ...]) -> Entry:
    return Entry(name=name.encode(), attributes=attributes)


def test_everybody_in_the_ledger_is_counted_once_in_every_filter() -> None:
    question = {"base": "dc=x", "erased": {"host": "h", "path": "p"}, "counts": {"n": "(&(a=1)(uid={erased}))"}}
    assert about_erased(question, TWO) == {"base": "dc=x", "counts": {"n": "(&(a=1)(|(uid=17)(uid=ab-9.z)))"}}


@pytest.mark.parametrize("counts", [{}, None, {"n": "(uid=*)"}, {"n": "(uid={erased})", "m": "(uid=*{erased})"}])
def test_a_count_that_asks_about_nobody_in_the_ledger_is_refused(counts: object) -> None:
    with pytest.raises(ProbeError):
        about_erased({"base": "dc=x", "counts": counts}, TWO)


def test_the_digest_does_not_depend_on_the_order() -> None:
    one, two = entry(a=(b"1", b"2"), b=(b"3",)), entry("uid=b,dc=x", a=(b"1",))
    same = Entry(name=b"UID=a,dc=x", attributes={"b": (b"3",), "a": (b"2", b"1")})
    assert digest_entries((one, two)) == digest_entries((two, same))


@pytest.mark.parametrize(
    "other",
    [
        entry("uid=b,dc=x", a=(b"1", b"2")),
        entry(a=(b"1",)),
        entry(a=(b"12",)),
        entry(a=(b"1",), b=(b"2",)),
        entry(b=(b"1", b"2")),
        entry(),
    ],
)
def test_entries_that_differ_have_another_digest(other: Entry) -> None:
    assert digest_entries((other,)) != digest_entries((entry(a=(b"1", b"2")),))
