"""What must not be in evidence is found; what looks like it and is not, is let through."""

import json

import pytest

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.scan import LONGEST_TEXT, HitKind, find, scan

FOUND = [
    ("185057800608491", HitKind.NIR),
    ("1 85 05 78 006 084 91", HitKind.NIR),
    ("2\u00a084\u00a002\u00a02A\u00a0004\u00a0017\u00a016", HitKind.NIR),
    ("marie.durand@chu-exemple.fr", HitKind.EMAIL),
    ("06 12 34 56 78", HitKind.PHONE),
    ("+33 1 40 00 00 00", HitKind.PHONE),
    ("0140000000", HitKind.PHONE),
    ("-----BEGIN PRIVATE KEY-----", HitKind.PRIVATE_KEY),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", HitKind.PRIVATE_KEY),
    ("postgresql://reprise:s3cret@127.0.0.1/dpi", HitKind.CREDENTIAL),
    ("host=127.0.0.1 password=s3cret", HitKind.CREDENTIAL),
    ("né le 12/03/1961", HitKind.BIRTH_DATE),
    ("birth_date: 1961-03-12", HitKind.BIRTH_DATE),
    ("Mme DURAND Marie, 12/03/1961", HitKind.BIRTH_DATE),
]
LET_THROUGH = [
    "185057800608492",
    "1850578006084911",
    sha256(b"anything"),
    "a185057800608491b",
    '"system_identifier":"7446912345678901234"',
    "20261123-020000F_20261123-030000I",
    "2026-11-23T02:00:00.123456Z",
    "SHA256:0612345678abcdefghijklmnopqrstuvwxyz+/0140000000",
    "reprise@127.0.0.1",
    "000000010000000000000002",
    "1512000000,1512000060,1512002360,1,",
    "postgresql://127.0.0.1:5432/dpi",
    "birth_date is a column",
    "127.0.77.1:2201",
    "01.02.03.04.05.06",
]


@pytest.mark.parametrize(("text", "kind"), FOUND)
def test_what_must_not_be_there_is_found(text: str, kind: HitKind) -> None:
    assert kind in set(find("journal.jsonl", f'{{"detail":"{text}"}}'.encode()))


@pytest.mark.parametrize("text", LET_THROUGH)
def test_what_only_looks_like_it_is_let_through(text: str) -> None:
    assert list(find("journal.jsonl", f'{{"detail":{json.dumps(text)}}}'.encode())) == []


def test_a_hit_names_file_and_kind_and_never_the_value() -> None:
    with pytest.raises(EvidenceError, match=r"drill\.yml \(email\)") as refused:
        scan({"drill.yml": b"owner: marie.durand@chu-exemple.fr", "plan.json": b"{}"})
    assert "durand" not in f"{refused.value}{refused.value.hint}"


def test_a_clean_scan_says_what_was_looked_at() -> None:
    result = scan({"b.json": b"{}", "a.csv": b"1,2"})
    assert [(file.name, file.sha256) for file in result.files] == [("a.csv", sha256(b"1,2")), ("b.json", sha256(b"{}"))]
    assert result.hits == 0


def test_long_free_text_and_what_is_no_text_are_hits() -> None:
    output = json.dumps({"a": [{"b": "x" * (LONGEST_TEXT + 1)}]}).encode()
    assert list(find("plan.json", output)) == [HitKind.LONG_TEXT]
    assert list(find("samples/a.csv", b"\xff\xfe\x00")) == [HitKind.NOT_TEXT]


def test_the_drawings_of_a_page_are_not_read_as_telephone_numbers() -> None:
    assert list(find("report.html", b'<svg><path d="M 06 12 34 56 78"/></svg><p>ok</p>')) == []
    assert list(find("report.html", b"<p>06 12 34 56 78</p>")) == [HitKind.PHONE]
