"""YAML without its traps, and the line of every key."""

import pytest

from orchestrator.core.yaml_text import read_yaml
from orchestrator.errors import DefinitionError


def _faults(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        read_yaml(text, file="x.yml")
    return [str(fault) for fault in caught.value.faults]


def _trap(written: str) -> str:
    hint = f'write "{written}" in quotes, or true or false, or a whole number'
    return f"x.yml:2: b: YAML reads {written} as something else than it looks like ({hint})"


TRAPS = [
    *("12:30", "1:20:30", "010", "0x1f", "0b11", "1_000", "+5", "9007199254740993", "<<", "="),
    *("on", "off", "yes", "no", "On", "YES", "True", "FALSE", "~", "NULL", "Null"),
    *("1.5", "1.0e+3", ".5", ".inf", "-.INF", ".nan", "2026-11-23", "2026-11-23T02:00:00Z"),
]


@pytest.mark.parametrize("written", TRAPS)
def test_a_word_that_yaml_reads_otherwise_is_a_fault(written: str) -> None:
    found = _faults(f"a: 1\nb: {written}\n")
    # PyYAML itself reads a few of these as text, as they stand; those are no traps and are tested below.
    assert found == [_trap(written)]


@pytest.mark.parametrize("written", ["12:30", "on", "010", "1.5", "2026-11-23", "~"])
def test_in_quotes_it_is_text(written: str) -> None:
    for quoted in (f"'{written}'", f'"{written}"'):
        assert read_yaml(f"a: {quoted}\n", file="x.yml").value == {"a": written}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-7", -7),
        ("null", None),
        ("", None),
        ("15m", "15m"),
        ("1:b", "1:b"),
    ],
)
def test_what_looks_like_itself_is_read(written: str, value: object) -> None:
    assert read_yaml(f"a: {written}\n", file="x.yml").value == {"a": value}


def test_traps_are_found_in_lists_and_as_keys() -> None:
    assert len(_faults("a:\n  - [on]\n  - {b: 12:30}\n")) == 2
    assert _faults("on: 1\n")[0].startswith("x.yml:1: YAML reads on as")


def test_a_repeated_key_is_a_fault_with_both_lines() -> None:
    found = _faults("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    assert found == ["x.yml:5: b.c: the key is already given on line 3 (keep one of the two)"]


def test_every_fault_is_named() -> None:
    assert len(_faults("a: on\na: off\nb: 12:30\n")) == 4


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n"])
def test_an_empty_file_is_a_fault(text: str) -> None:
    if text == "---\n":
        assert read_yaml(text, file="x.yml").value is None
    else:
        assert _faults(text) == ["x.yml:1: the file is empty"]


NOT_YAML = {
    "a: [1\nb: 2\n": 2,
    "a: b: c\n": 1,
    "\ta: 1\n": 1,
    'a: "x\n': 2,
    "a: 1\n---\nb: 2\n": 2,
    "a: \x07\n": 1,
}


@pytest.mark.parametrize("text", NOT_YAML)
def test_what_is_no_yaml_is_a_fault_with_its_line(text: str) -> None:
    found = _faults(text)
    assert len(found) == 1
    assert found[0].startswith(f"x.yml:{NOT_YAML[text]}: not YAML: ")


HOSTILE = {
    "a tag that builds objects": "a: !!python/object/apply:os.system ['true']\n",
    "an unknown tag": "a: !secret x\n",
    "an alias of itself": "a: &a [*a]\n",
    "many aliases": "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(3)),
    "a merge": "a: &a {x: 1}\nb:\n  <<: *a\n",
    "a set": "a: !!set {x, y}\n",
    "bytes": "a: !!binary aGk=\n",
    "a key that is a list": "? [a, b]\n: 1\n",
    "a key that is a mapping": "? {a: b}\n: 1\n",
    "deep": "[" * 3_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_hostile_gets_past_or_ends_in_a_traceback(text: str) -> None:
    with pytest.raises(DefinitionError):
        read_yaml(text, file="x.yml")


def test_the_line_of_a_place_that_is_not_there_is_that_of_the_nearest_one() -> None:
    document = read_yaml("a:\n  b: 1\n", file="x.yml")
    assert str(document.fault(("a", "b"), "is wrong")) == "x.yml:2: a.b: is wrong"
    assert str(document.fault(("a", "c"), "is missing")) == "x.yml:1: a.c: is missing"
    assert str(document.fault((), "is wrong", hint="mend it")) == "x.yml:1: is wrong (mend it)"
