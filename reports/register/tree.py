"""The Merkle tree over the lines of a register (RFC 6962, section 2): its roots, its proofs, and the check of a proof.

Pure. Which line is which leaf is `chain`'s.
"""

import hashlib
from collections.abc import Sequence

from orchestrator.errors import EvidenceError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(line: bytes) -> bytes:
    """The hash of a leaf: the prefix keeps anybody from passing off an inner node as one."""
    return hashlib.sha256(b"\x00" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows. Every complete subtree is hashed once, so that a root or a proof costs a few dozen hashes."""

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def append(self, line: bytes) -> None:
        """Add one leaf, and every subtree that it completes."""
        level, digest = 0, leaf_hash(line)
        self._levels[0].append(digest)
        while len(self._levels[level]) % 2 == 0:
            digest = node_hash(self._levels[level][-2], digest)
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(digest)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves, of all where no size is given.

        Raises:
            ValueError: There are fewer leaves than that.
        """
        count = self.size if size is None else size
        self._check(0 <= count <= self.size, f"a root of {count} of {self.size} leaves")
        return self._hash(0, count) if count else EMPTY_ROOT

    def inclusion(self, index: int, *, size: int) -> tuple[bytes, ...]:
        """The proof that a leaf is in the tree of the first `size` leaves (PATH), from the leaf upwards.

        Raises:
            ValueError: There is no such leaf in such a tree.
        """
        self._check(0 <= index < size <= self.size, f"leaf {index} in {size} of {self.size} leaves")
        return tuple(self._path(index, 0, size))

    def consistency(self, earlier: int, *, later: int) -> tuple[bytes, ...]:
        """The proof that the first `earlier` leaves are the beginning of the first `later` ones (PROOF).

        Empty where they are the same tree, and where the earlier one is empty: everything begins with nothing.

        Raises:
            ValueError: There are no such trees.
        """
        self._check(0 <= earlier <= later <= self.size, f"{earlier} and {later} of {self.size} leaves")
        return tuple(self._subproof(earlier, 0, later, known=True)) if earlier else ()

    def _check(self, possible: bool, asked: str) -> None:
        if not possible:
            raise ValueError(f"there is no such tree: {asked}")

    def _hash(self, start: int, count: int) -> bytes:
        """MTH of `count` leaves from `start`, which is a multiple of the largest power of two in `count`."""
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._levels[level][start >> level]
        left = _split(count)
        return node_hash(self._hash(start, left), self._hash(start + left, count - left))

    def _path(self, index: int, start: int, count: int) -> list[bytes]:
        if count == 1:
            return []
        left = _split(count)
        if index < left:
            return [*self._path(index, start, left), self._hash(start + left, count - left)]
        return [*self._path(index - left, start + left, count - left), self._hash(start, left)]

    def _subproof(self, earlier: int, start: int, count: int, *, known: bool) -> list[bytes]:
        """SUBPROOF: `known` where the subtree is the earlier tree itself, whose root the verifier has."""
        if earlier == count:
            return [] if known else [self._hash(start, count)]
        left = _split(count)
        if earlier <= left:
            return [*self._subproof(earlier, start, left, known=known), self._hash(start + left, count - left)]
        rest = self._subproof(earlier - left, start + left, count - left, known=False)
        return [*rest, self._hash(start, left)]


def check_inclusion(leaf: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Make sure that a leaf is where a proof says (RFC 9162, 2.1.3.2).

    Args:
        leaf: The hash of the leaf.
        index: Its number, from 0.
        size: How many leaves the tree has.
        path: The proof, from the leaf upwards.
        root: The root that the tree is known by.

    Raises:
        EvidenceError: The proof is not one of this leaf in this tree.
    """
    if not 0 <= index < size:
        raise EvidenceError(f"there is no entry {index} among {size}")
    _check_hashes(path)
    position, last, reached = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise EvidenceError(f"the proof of entry {index} is too long")
        if position & 1 or position == last:
            reached = node_hash(sibling, reached)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise EvidenceError(f"the proof of entry {index} is too short")
    if reached != root:
        raise EvidenceError(f"entry {index} is not in the tree that was signed")


def check_consistency(
    *, earlier: int, earlier_root: bytes, later: int, later_root: bytes, path: Sequence[bytes]
) -> None:
    """Make sure that one tree is the beginning of another (RFC 9162, 2.1.4.2).

    Raises:
        EvidenceError: The proof does not show it.
    """
    _check_hashes(path)
    if not 0 <= earlier <= later:
        raise EvidenceError(f"{earlier} entries cannot grow to {later}")
    if earlier in (0, later):
        _check_trivial(earlier=earlier, earlier_root=earlier_root, later=later, later_root=later_root, path=path)
        return
    nodes = [earlier_root, *path] if earlier & (earlier - 1) == 0 else list(path)
    if _climb(nodes, position=earlier - 1, last=later - 1) != (earlier_root, later_root):
        raise EvidenceError(f"the tree of {later} entries does not begin with that of {earlier}")


def _check_trivial(*, earlier: int, earlier_root: bytes, later: int, later_root: bytes, path: Sequence[bytes]) -> None:
    if path:
        raise EvidenceError(f"the proof from {earlier} to {later} entries must be empty")
    if earlier == 0 and earlier_root != EMPTY_ROOT:
        raise EvidenceError("the root of the empty tree is another")
    if earlier == later and earlier_root != later_root:
        raise EvidenceError(f"two trees of {earlier} entries have different roots")


def _climb(nodes: Sequence[bytes], *, position: int, last: int) -> tuple[bytes, bytes] | None:
    """Both roots that a consistency proof leads to; None where it is too long or too short."""
    while position & 1:
        position, last = position >> 1, last >> 1
    if not nodes:
        return None
    before = after = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return None
        if position & 1 or position == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            after = node_hash(after, node)
        position, last = position >> 1, last >> 1
    return (before, after) if last == 0 else None


def _check_hashes(path: Sequence[bytes]) -> None:
    if any(len(digest) != HASH_BYTES for digest in path):
        raise EvidenceError(f"a proof holds a hash that is not of {HASH_BYTES} bytes")


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)
