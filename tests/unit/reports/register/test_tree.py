"""The Merkle tree: certificate-transparency's vectors, the definitions of RFC 6962, and every wrong proof refused."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import EvidenceError
from reports.register.tree import EMPTY_ROOT, Tree, check_consistency, check_inclusion, leaf_hash, node_hash

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""The inputs of certificate-transparency's reference tests, and the roots of the trees of the first 0 to 8 of them."""
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAF_0, LEAF_1 = ROOTS[1], "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
PAIR_1 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
PAIR_2 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
PAIR_3 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
HALF_1 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
INCLUSIONS = [
    (0, 1, []),
    (0, 2, [LEAF_1]),
    (1, 2, [LEAF_0]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [LEAF_0, PAIR_1, LEAF_4]),
    (0, 8, [LEAF_1, PAIR_1, HALF_1]),
    (5, 8, [LEAF_4, PAIR_3, ROOTS[4]]),
]
CONSISTENCIES = [
    (1, 1, []),
    (1, 8, [LEAF_1, PAIR_1, HALF_1]),
    (2, 5, [PAIR_1, LEAF_4]),
    (6, 8, [PAIR_2, PAIR_3, ROOTS[4]]),
]
LARGEST = 40
"""Of the trees that are looked at in every size: past the 32 at which a level begins."""


def grown(lines: Sequence[bytes]) -> Tree:
    tree = Tree()
    for line in lines:
        tree.append(line)
    return tree


def numbered(size: int) -> list[bytes]:
    return [str(number).encode() for number in range(size)]


FULL = grown(numbered(LARGEST))


def defined_root(lines: Sequence[bytes]) -> bytes:
    """MTH, as RFC 6962 writes it."""
    if not lines:
        return EMPTY_ROOT
    if len(lines) == 1:
        return leaf_hash(lines[0])
    split = max(1 << bit for bit in range(10) if 1 << bit < len(lines))
    return node_hash(defined_root(lines[:split]), defined_root(lines[split:]))


def includes(index: int, size: int, path: Sequence[bytes], *, leaf: bytes, root: bytes) -> bool:
    with suppress(EvidenceError):
        check_inclusion(leaf, index=index, size=size, path=path, root=root)
        return True
    return False


def consistent(earlier: int, later: int, path: Sequence[bytes], *, roots: tuple[bytes, bytes]) -> bool:
    with suppress(EvidenceError):
        check_consistency(earlier=earlier, earlier_root=roots[0], later=later, later_root=roots[1], path=path)
        return True
    return False


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_certificate_transparency(size: int) -> None:
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size]
    assert grown(LEAVES).root(size).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSIONS)
def test_the_inclusion_proofs_of_certificate_transparency(index: int, size: int, path: list[str]) -> None:
    assert [digest.hex() for digest in grown(LEAVES).inclusion(index, size=size)] == path
    hashes = [bytes.fromhex(text) for text in path]
    assert includes(index, size, hashes, leaf=leaf_hash(LEAVES[index]), root=bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("earlier", "later", "path"), CONSISTENCIES)
def test_the_consistency_proofs_of_certificate_transparency(earlier: int, later: int, path: list[str]) -> None:
    assert [digest.hex() for digest in grown(LEAVES).consistency(earlier, later=later)] == path
    roots = bytes.fromhex(ROOTS[earlier]), bytes.fromhex(ROOTS[later])
    assert consistent(earlier, later, [bytes.fromhex(text) for text in path], roots=roots)


@given(lines=st.lists(st.binary(max_size=40), max_size=70))
def test_a_root_is_what_the_rfc_defines(lines: list[bytes]) -> None:
    assert grown(lines).root() == defined_root(lines)


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_leaf_of_every_size_is_proved(size: int) -> None:
    root = FULL.root(size)
    for index in range(size):
        path = FULL.inclusion(index, size=size)
        assert includes(index, size, path, leaf=leaf_hash(str(index).encode()), root=root)


@pytest.mark.parametrize("later", range(LARGEST + 1))
def test_every_earlier_tree_is_the_beginning_of_every_later_one(later: int) -> None:
    for earlier in range(later + 1):
        path = FULL.consistency(earlier, later=later)
        assert consistent(earlier, later, path, roots=(FULL.root(earlier), FULL.root(later)))


@given(data=st.data(), size=st.integers(1, LARGEST))
def test_a_proof_holds_for_its_own_leaf_place_size_and_root_only(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, LARGEST - 1).filter(lambda number: number != index))
    path, leaf, root = FULL.inclusion(index, size=size), leaf_hash(str(index).encode()), FULL.root(size)
    assert not includes(index, size, path, leaf=leaf_hash(str(other).encode()), root=root)
    assert not includes(other, size, path, leaf=leaf, root=root)
    assert not includes(index, size, path, leaf=leaf, root=FULL.root(other + 1 if other + 1 != size else 0))
    assert not includes(-1, size, path, leaf=leaf, root=root)


@given(data=st.data(), size=st.integers(2, LARGEST))
def test_a_changed_inclusion_proof_is_refused(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, leaf, root = FULL.inclusion(index, size=size), leaf_hash(str(index).encode()), FULL.root(size)
    for changed in changes(path, at=data.draw(st.integers(0, len(path) - 1))):
        assert not includes(index, size, changed, leaf=leaf, root=root)


@given(data=st.data(), later=st.integers(2, LARGEST))
def test_a_changed_consistency_proof_is_refused(data: st.DataObject, later: int) -> None:
    earlier = data.draw(st.integers(1, later - 1))
    path, roots = FULL.consistency(earlier, later=later), (FULL.root(earlier), FULL.root(later))
    for changed in changes(path, at=data.draw(st.integers(0, len(path) - 1))):
        assert not consistent(earlier, later, changed, roots=roots)
    assert not consistent(earlier, later, path, roots=(FULL.root(earlier - 1), roots[1]))
    assert not consistent(earlier, later, path, roots=(roots[0], FULL.root(later - 1)))
    assert not consistent(later, earlier, path, roots=roots)


def changes(path: Sequence[bytes], *, at: int) -> list[list[bytes]]:
    """A proof with one hash changed, dropped, doubled or shortened, and with one too many."""
    before, digest, after = list(path[:at]), path[at], list(path[at + 1 :])
    flipped = bytes([digest[0] ^ 1]) + digest[1:]
    return [
        [*before, flipped, *after],
        [*before, *after],
        [*before, digest, digest, *after],
        [*before, digest[:-1], *after],
        [*path, EMPTY_ROOT],
    ]


def test_what_is_wrong_is_said() -> None:
    leaf, path, root = leaf_hash(b"3"), FULL.inclusion(3, size=7), FULL.root(7)
    for size, changed, words in (
        (7, path[:-1], "the proof of entry 3 is too short"),
        (7, (*path, root), "the proof of entry 3 is too long"),
        (7, (root, *path[1:]), "entry 3 is not in the tree that was signed"),
        (3, path, "there is no entry 3 among 3"),
        (7, (b"short", *path[1:]), "a hash that is not of 32 bytes"),
    ):
        with pytest.raises(EvidenceError, match=words):
            check_inclusion(leaf, index=3, size=size, path=changed, root=root)


@pytest.mark.parametrize(
    ("earlier", "later", "roots", "path", "words"),
    [
        (3, 3, (FULL.root(3), FULL.root(4)), (), "two trees of 3 entries have different roots"),
        (3, 3, (FULL.root(3), FULL.root(3)), (FULL.root(3),), "must be empty"),
        (0, 3, (FULL.root(1), FULL.root(3)), (), "the root of the empty tree is another"),
        (4, 3, (FULL.root(4), FULL.root(3)), (), "4 entries cannot grow to 3"),
        (3, 5, (FULL.root(3), FULL.root(5)), (), "the tree of 5 entries does not begin with that of 3"),
    ],
)
def test_what_is_wrong_with_a_consistency_proof_is_said(
    earlier: int, later: int, roots: tuple[bytes, bytes], path: tuple[bytes, ...], words: str
) -> None:
    with pytest.raises(EvidenceError, match=words):
        check_consistency(earlier=earlier, earlier_root=roots[0], later=later, later_root=roots[1], path=path)


def test_a_tree_that_is_not_there_cannot_be_asked_for() -> None:
    for ask in (
        lambda: FULL.root(LARGEST + 1),
        lambda: FULL.inclusion(3, size=3),
        lambda: FULL.consistency(4, later=3),
        lambda: FULL.consistency(3, later=LARGEST + 1),
    ):
        with pytest.raises(ValueError, match="there is no such tree"):
            ask()
