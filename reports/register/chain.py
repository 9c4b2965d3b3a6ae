"""The lines of a register in their order, each tied to the one before, with the tree over them.

Pure: lines in, entries, roots and proofs out. The file is `directory`'s.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from orchestrator.core.canonical import sha256
from orchestrator.errors import EvidenceError
from reports.register.entries import GENESIS, RegisterEntry, RegisterEvent
from reports.register.tree import Tree


def parse_entry(line: bytes, *, seq: int) -> RegisterEntry:
    """Read one line.

    Args:
        line: The line without its line feed.
        seq: Its place in the file, from 0: what an error calls it.

    Raises:
        EvidenceError: It is not an entry in canonical form.
    """
    try:
        entry = RegisterEntry.model_validate(json.loads(line))
        form = entry.line
    # Deep nesting, and numbers that RFC 8785 has no form for, are faults of the line like any other.
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"entry {seq}: it is not an entry of this format") from error
    if form != line:
        raise EvidenceError(f"entry {seq}: it is not in canonical form")
    return entry


class Chain:
    """Lines that only become more. Those that a signed root speaks for are taken as they are; others are checked."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._tree = Tree()

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self._lines)

    @property
    def tree(self) -> Tree:
        """The Merkle tree over the lines. Only to be read."""
        return self._tree

    @property
    def head(self) -> str:
        """The digest of the last line: what the next entry's `prev` must be."""
        return self._digest(self.size)

    def take(self, lines: Iterable[bytes]) -> None:
        """Add lines without reading them: their root is then compared with a signed one, or `check` reads them."""
        for line in lines:
            self._lines.append(line)
            self._tree.append(line)

    def check(self, start: int) -> None:
        """Make sure that the lines from `start` on are entries, numbered and chained.

        Raises:
            EvidenceError: One is not, and it is named.
        """
        for seq in range(start, self.size):
            entry = self.entry(seq)
            if (entry.seq, entry.prev) != (seq, self._digest(seq)):
                raise EvidenceError(f"entry {seq}: it does not follow from the entry before it")

    def following(self, events: Sequence[RegisterEvent], *, at: datetime) -> tuple[RegisterEntry, ...]:
        """The entries that these events would be, behind the last line. Nothing is added yet.

        Raises:
            EvidenceError: What one of them says could not be read back.
        """
        entries: list[RegisterEntry] = []
        for seq, event in enumerate(events, start=self.size):
            prev = entries[-1].digest if entries else self.head
            entries.append(RegisterEntry(seq=seq, prev=prev, at=at, event=event))
            # A line that nobody can read must not be signed: no verification of the register would ever pass again.
            parse_entry(entries[-1].line, seq=seq)
        return tuple(entries)

    def entry(self, seq: int) -> RegisterEntry:
        """The entry of this number.

        Raises:
            EvidenceError: There is none, or its line cannot be read.
        """
        if not 0 <= seq < self.size:
            raise EvidenceError(f"there is no entry {seq}: the register has {self.size}")
        return parse_entry(self._lines[seq], seq=seq)

    def entries(self, size: int) -> tuple[RegisterEntry, ...]:
        """The first `size` entries.

        Raises:
            EvidenceError: There are fewer, or one cannot be read.
        """
        return tuple(self.entry(seq) for seq in range(size))

    def mentioning(self, text: str, *, size: int) -> Iterator[RegisterEntry]:
        """Those of the first `size` entries in which a text stands: looked for before anything is parsed."""
        wanted = json.dumps(text, ensure_ascii=False).encode()
        for seq in range(size):
            if wanted in self._lines[seq]:
                yield self.entry(seq)

    def _digest(self, seq: int) -> str:
        """What entry `seq` must carry as `prev`."""
        return sha256(self._lines[seq - 1]) if seq else GENESIS
