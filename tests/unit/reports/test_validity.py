"""What is declared of a certificate's dates: one, both or none, and a date that is not written as one."""

import pytest

from orchestrator.core.model import Language
from orchestrator.core.plan import Certificate
from reports.validity import state_validity
from reports.words import NO_BREAK, load_words

BOTH = Certificate(issued="2025-05-05", expires="2028-05-14")
EXPIRING = Certificate(expires="2028-05-14")
ISSUED = Certificate(issued="2025-06-01")
UNDATED = Certificate(number="HDS-2025-0142")
IN_WORDS = Certificate(expires="mai 2028")


@pytest.mark.parametrize(
    ("certificate", "french", "english"),
    [
        (
            BOTH,
            "délivré le 5 mai 2025, valable jusqu’au 14 mai 2028",
            "issued on 5 May 2025, valid until 14 May 2028",
        ),
        (EXPIRING, "valable jusqu’au 14 mai 2028", "valid until 14 May 2028"),
        (ISSUED, "délivré le 1er juin 2025", "issued on 1 June 2025"),
        (UNDATED, "dates non renseignées", "dates not given"),
        (IN_WORDS, "valable jusqu’au mai 2028", "valid until mai 2028"),
    ],
)
def test_the_dates_of_a_certificate_are_said_as_they_are_declared(
    certificate: Certificate, french: str, english: str
) -> None:
    said = [state_validity(certificate, words=load_words(language)) for language in (Language.FRENCH, Language.ENGLISH)]
    assert [one.replace(NO_BREAK, " ") for one in said] == [french, english]


@pytest.mark.parametrize("language", Language)
def test_the_parts_of_a_day_stay_on_one_line(language: Language) -> None:
    day = state_validity(EXPIRING, words=load_words(language)).split(" ")[-1]
    assert day.count(NO_BREAK) == 2
