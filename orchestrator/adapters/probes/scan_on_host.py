"""The program that looks for traces of encryption in file trees, on the host itself: read from its standard input.

Nothing but the standard library, from Python 3.7 on, and `yara`, which that host has: what may be hostile is parsed
there and nowhere else. No name of a file leaves the host. Whatever could not be looked at is counted, never left out.
"""

# Names on a disk are bytes, of which no pathlib.Path can be made.
# ruff: noqa: PTH110, PTH112, PTH118, PTH119, PTH123, PTH208, PTH211
from __future__ import annotations

import collections
import hashlib
import json
import math
import os
import re
import stat
import subprocess
import sys
import tempfile

_PIECE = 1 << 20
_SAMPLE = 8192
_ENDS = 66_000
"""The end of a ZIP archive's directory lies within the last 65 557 bytes."""
_SHORTEST = 256
"""Of fewer bytes no entropy can be told: a random text of 256 has 7.2 bits a byte, one of 64 has 5.8."""
_ENTROPY_OF_TEXT = 6.5
_ENTROPY_OF_ANYTHING = 7.2
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b\x1c")
"""What no text holds. HL7 version 2 frames its messages by the two exceptions at the end."""
_RULE = re.compile(r"^[ \t]*(?:(?:private|global)[ \t]+)*rule[ \t]+(\w+)", re.MULTILINE)

# By kind: the endings that say so, where the mark stands and what it is, and what the file must end with (or not).
_KINDS = (
    ("pdf", "pdf", 0, b"%PDF-", b"%%EOF"),
    ("jpeg", "jpg jpeg", 0, b"\xff\xd8\xff", b"\xff\xd9"),
    ("png", "png", 0, b"\x89PNG\r\n\x1a\n", b"IEND"),
    ("dicom", "dcm dicom", 128, b"DICM", b""),
    ("zip", "zip docx xlsx pptx odt ods odp jar", 0, b"PK", b"PK\x05\x06"),
    ("gzip", "gz tgz", 0, b"\x1f\x8b\x08", b""),
    ("zstd", "zst", 0, b"\x28\xb5\x2f\xfd", b""),
    ("xz", "xz", 0, b"\xfd7zXZ\0", b"YZ"),
    ("sevenzip", "7z", 0, b"7z\xbc\xaf\x27\x1c", b""),
    ("dump", "dump", 0, b"PGDMP", b""),
)
_TEXT = frozenset(("txt", "csv", "tsv", "xml", "json", "html", "htm", "md", "hl7", "sql", "yml", "yaml", "log", "ini"))


def entropy(piece: bytes) -> float:
    """Bits a byte, from 0 (all equal) to 8."""
    counts = collections.Counter(piece).values()
    return sum(count * math.log2(len(piece) / count) for count in counts) / len(piece) if piece else 0.0


def kind_of(name: bytes) -> str:
    """What a file says that it is, by its ending; `other` where that says nothing."""
    ending = os.fsdecode(name.rsplit(b".", 1)[-1]).lower() if b"." in name else ""
    if ending in _TEXT:
        return "text"
    return next((kind for kind, endings, *_ in _KINDS if ending in endings.split()), "other")


def is_odd(kind: str, *, head: bytes, middle: bytes, tail: bytes) -> bool:
    """Whether a file is not what its kind is made of.

    What is compressed by nature has the entropy of what is encrypted: it is judged by its marks, first and last.
    """
    if not head:
        return False
    if kind == "text":
        pieces = (head[:_SAMPLE], middle, tail[-_SAMPLE:])
        return any(_no_text(piece) for piece in pieces)
    if kind == "other":
        if any(_has_marks(known, head=head, tail=tail) for known, *_ in _KINDS):
            return False
        return len(head) >= _SHORTEST and entropy(head[:_SAMPLE]) > _ENTROPY_OF_ANYTHING
    return not _has_marks(kind, head=head, tail=tail)


def _no_text(piece: bytes) -> bool:
    if sum(byte in _CONTROL for byte in piece) * 100 > len(piece):
        return True
    return len(piece) >= _SHORTEST and entropy(piece) > _ENTROPY_OF_TEXT


def _has_marks(kind: str, *, head: bytes, tail: bytes) -> bool:
    _, _, place, first, last = next(known for known in _KINDS if known[0] == kind)
    return head[place : place + len(first)] == first and last in tail


class Rules:
    """The YARA rules of a directory, and the endings that ransomware gives (`endings.txt`, one a line)."""

    def __init__(self, directory: str, *, command: str) -> None:
        files = sorted(os.path.join(directory, name) for name in os.listdir(directory) if name.endswith(".yar"))
        self._command, self._files = command, files
        self.names = [name for file in files for name in _RULE.findall(_text(file))]
        endings = os.path.join(directory, "endings.txt")
        self.endings = tuple(_text(endings).encode().lower().split()) if os.path.exists(endings) else ()

    def matches(self, paths: list[bytes]) -> tuple[dict[str, int], int, int]:
        """How many files each rule matches, how many files any does, and how many could not be looked at."""
        if not self.names or not paths:
            return dict.fromkeys(self.names, 0), 0, 0
        with tempfile.TemporaryDirectory() as scratch:
            # By numbers: a name may hold a line break, and would then be told as the match of a rule.
            links = [os.path.join(scratch, str(number)) for number in range(len(paths))]
            for path, link in zip(paths, links):  # noqa: B905  from Python 3.10 on
                os.symlink(path, link)
            told = self._run(scratch, links)
        found = {tuple(line.split(" ", 1)) for line in told.stdout.splitlines()}
        if told.returncode != 0 or any(len(pair) != 2 or pair[0] not in self.names for pair in found):
            raise SystemExit("yara did not end well: " + told.stderr[:200])
        counts = collections.Counter(rule for rule, _ in found)
        failed = sum(line.startswith("error") for line in told.stderr.splitlines())
        return {name: counts[name] for name in self.names}, len({link for _, link in found}), failed

    def _run(self, scratch: str, links: list[str]) -> subprocess.CompletedProcess[str]:
        listed = os.path.join(scratch, "list")
        with open(listed, "w", encoding="ascii") as file:
            file.write("".join(link + "\n" for link in links))
        command = [self._command, "--no-warnings", "--fast-scan", *self._files, "--scan-list", listed]
        return subprocess.run(command, capture_output=True, text=True, check=False)


class Scan:
    """What is seen of one tree."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self.contents: dict[bytes, bytes] = {}
        self._bytes = self._unreadable = self._renamed = 0
        self._seen: collections.Counter[str] = collections.Counter()
        self._odd: collections.Counter[str] = collections.Counter()

    def look(self, rules: Rules, canaries: dict[bytes, bytes]) -> dict[str, object]:
        """Read everything once."""
        for name in self._names():
            self._file(name, rules.endings)
        matches, matched, failed = rules.matches([os.path.join(self._root, name) for name in self.contents])
        digest = hashlib.sha256()
        for name, content in sorted(self.contents.items()):
            digest.update(b"%d:%s%s" % (len(name), name, content))
        return {
            "exists": True,
            "files": len(self.contents),
            "bytes": self._bytes,
            "unreadable": self._unreadable + failed,
            "canaries": len(canaries),
            "canaries_intact": sum(self.contents.get(name) == content for name, content in canaries.items()),
            "seen": dict(self._seen),
            "odd": dict(self._odd),
            "renamed": self._renamed,
            "matches": matches,
            "matched": matched,
            "content_sha256": digest.hexdigest(),
        }

    def _names(self) -> list[bytes]:
        found: list[bytes] = []

        def refused(_: OSError) -> None:
            self._unreadable += 1

        for place, _, names in os.walk(self._root, onerror=refused):
            below = os.path.relpath(place, self._root)
            found += [name if below == b"." else os.path.join(below, name) for name in names]
        return sorted(found)

    def _file(self, name: bytes, endings: tuple[bytes, ...]) -> None:
        path = os.path.join(self._root, name)
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                return
            self.contents[name], size, pieces = _read(path)
        except OSError:
            self._unreadable += 1
            return
        kind = kind_of(name)
        self._bytes += size
        self._seen[kind] += 1
        self._odd[kind] += is_odd(kind, head=pieces[0], middle=pieces[1], tail=pieces[2])
        self._renamed += bool(endings) and name.lower().endswith(endings)


def _read(path: bytes) -> tuple[bytes, int, tuple[bytes, bytes, bytes]]:
    """The digest of a file, its size, and its beginning, a piece of its middle and its end."""
    digest, size = hashlib.sha256(), 0
    # Never waits, should a pipe have taken the file's name meanwhile.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        head = file.read(_SAMPLE)
        file.seek(0)
        for piece in iter(lambda: file.read(_PIECE), b""):
            digest.update(piece)
            size += len(piece)
        file.seek(max(0, size // 2 - _SAMPLE // 2))
        middle = file.read(_SAMPLE)
        file.seek(max(0, size - _ENDS))
        return digest.digest(), size, (head, middle, file.read(_ENDS))


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def canaries_of(text: str) -> dict[bytes, bytes]:
    """A list as `sha256sum` writes it: what each canary file must hold."""
    lines = [line.split("  ", 1) for line in text.splitlines() if line]
    return {os.fsencode(name): bytes.fromhex(digest) for digest, name in lines}


def _compared(scan: dict[str, object], before: dict[bytes, bytes], now: dict[bytes, bytes]) -> None:
    scan["compared"] = len(before)
    scan["changed"] = sum(now.get(name) != content for name, content in before.items())


def main(asked: dict[str, str]) -> None:
    """`path`, or `points`: a directory of trees, one for each recovery point, whose names order them."""
    rules = Rules(asked["rules"], command=asked["yara"])
    canaries = canaries_of(_text(asked["canaries"])) if asked.get("canaries") else {}
    place = asked.get("points")
    before: dict[bytes, bytes] = {}
    scans: dict[str, dict[str, object]] = {}
    trees = [os.path.join(place, name) for name in sorted(os.listdir(place))] if place else []
    for tree in [*trees, asked["path"]]:
        looked = Scan(os.fsencode(os.path.realpath(tree)))
        scan: dict[str, object] = {"exists": False}
        if os.path.isdir(tree):
            scan = looked.look(rules, canaries)
            _compared(scan, before, looked.contents)
        scans[tree] = scan
        before = looked.contents
    points = [{"name": os.path.basename(tree), **scans[tree]} for tree in trees]
    json.dump({"rules": rules.names, "scan": scans[asked["path"]], "points": points}, sys.stdout)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
