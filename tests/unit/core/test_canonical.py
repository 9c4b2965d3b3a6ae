"""The canonical form: one for each value, and the digest that seals it."""

import pytest

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import Interval, Title


def test_it_is_rfc_8785() -> None:
    assert canonical(Title(fr="été", en="b")) == '{"en":"b","fr":"été"}'.encode()
    assert canonical(Interval(lower=1, upper=None)) == b'{"lower":1,"upper":null}'


def test_equal_values_have_equal_bytes_and_others_have_not() -> None:
    assert canonical(Title(fr="a", en="b")) == canonical(Title(en="b", fr="a"))
    assert canonical(Title(fr="a", en="b")) != canonical(Title(fr="b", en="a"))


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ],
)
def test_the_digest_is_that_of_the_standard(content: bytes, digest: str) -> None:
    assert sha256(content) == digest
