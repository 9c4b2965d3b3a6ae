"""The tamper suite: each case of each kind is found by the product and by the stand-alone verifier, and is named."""

from pathlib import Path

import pytest

from reports.layout import BUNDLE, EVIDENCE, REPORT_PDF
from reports.pdf import seal_pdf
from tests.integration.reports.bare import Bare
from tests.integration.reports.conftest import Seal
from tests.integration.reports.tamper_judges import judge
from tests.integration.reports.tampered_bytes import Alone, by_product, small, unnoticed
from tests.integration.reports.tampered_pdf import byte_range, flip
from tests.integration.reports.tamperings import FILES, KINDS, Kind, Stock, make_stock
from tests.integration.reports.workshop import drawn


@pytest.fixture(scope="session")
def stock(sealed_once: Path, own_seal: Seal, foreign_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """Only to be read."""
    return make_stock(sealed_once, own=own_seal, foreign=foreign_seal, directory=tmp_path_factory.mktemp("others"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_case_is_found_and_named_by_both_verifiers(kind: Kind, stock: Stock, bare: Bare, tmp_path: Path) -> None:
    judged = list(judge(kind, stock=stock, bare=bare, directory=tmp_path))

    assert judged
    assert [(one.tampering.label, one.failures) for one in judged if not one.found] == []
    assert [(one.tampering.label, one.failures_alone) for one in judged if not one.found_alone] == []


def test_each_byte_of_each_small_file_is_found_by_the_product(stock: Stock) -> None:
    assert {*small(stock.files), REPORT_PDF} == set(FILES)
    for name in small(stock.files):
        holds = by_product(stock.files, name, certificate=stock.own.certificate)
        assert unnoticed(stock.files[name], holds) == [], name


def test_each_byte_of_each_small_file_is_found_by_the_stand_alone_verifier(stock: Stock) -> None:
    alone = Alone()
    for name in small(stock.files):
        holds = alone.asks(stock.files, name, certificate=stock.own.certificate)
        assert unnoticed(stock.files[name], holds) == [], name


def test_no_digit_of_a_seal_is_free_for_the_stand_alone_verifier(own_seal: Seal) -> None:
    """Of a report of one line: the seal is the same, and takes less time."""
    pdf = seal_pdf(drawn(), signer=own_seal.signer, certificate=own_seal.certificate, reason="essai")
    holds = Alone().seals(own_seal.certificate)
    start, end = byte_range(pdf)

    assert holds(pdf)
    assert [at for at in range(start - 1, end + 1) if holds(flip(pdf, at))] == []


SIGNED_ANEW = [
    kind for kind in KINDS if kind.name in {"the same, signed with another key", "figures changed everywhere"}
]


@pytest.mark.parametrize("kind", SIGNED_ANEW, ids=lambda kind: kind.name)
def test_a_forgery_is_worth_nothing_even_to_who_trusts_the_forger(
    kind: Kind, stock: Stock, bare: Bare, tmp_path: Path
) -> None:
    """The evidence says who sealed it: that was not he."""
    for one in judge(kind, stock=stock, bare=bare, directory=tmp_path, trusted=stock.foreign):
        assert not one.accepted, one.tampering.label
        assert not one.accepted_alone, one.tampering.label
        assert "certificate" in {question for question, _ in one.failures}, one.tampering.label
        assert ("certificate", EVIDENCE) in one.failures_alone, one.tampering.label


def test_there_are_cases_of_every_file(stock: Stock) -> None:
    changed = {name for kind in KINDS for case in kind.make(stock) for name in case.changed}
    assert changed >= {*FILES, BUNDLE}
    assert len({kind.name for kind in KINDS}) == len(KINDS)
