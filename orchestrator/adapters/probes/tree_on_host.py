"""The program that looks at a file tree, on the host itself: the host's Python reads it from its standard input.

Nothing but the standard library, from Python 3.7 on: the host has nothing of ours. Each aspect of the tree has a digest
of its own, so that a comparison names what differs; no name of a file leaves the host, for names hold people's names.
"""

# Names on a disk are bytes, of which no pathlib.Path can be made.
# ruff: noqa: PTH115, PTH118, PTH120, PTH208
from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import sys

_PIECE = 1 << 20
_ACLS = (b"system.posix_acl_access", b"system.posix_acl_default")
_KINDS = {
    stat.S_IFREG: b"file",
    stat.S_IFDIR: b"directory",
    stat.S_IFLNK: b"symlink",
    stat.S_IFIFO: b"fifo",
    stat.S_IFSOCK: b"socket",
    stat.S_IFCHR: b"character device",
    stat.S_IFBLK: b"block device",
}
ASPECTS = ("names", "content", "modes", "owners", "times", "links", "acls", "xattrs")
COUNTS = ("files", "directories", "symlinks", "others", "empty", "hard_linked", "bytes", "unreadable", "changed")


class Manifest:
    """Counts and digests of what was seen so far, in an order that depends on names alone."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(COUNTS, 0)
        self._digests = {aspect: hashlib.sha256() for aspect in ASPECTS}
        self._twins: dict[tuple[int, int], list[bytes]] = {}

    def add(self, aspect: str, *fields: bytes) -> None:
        """Each field with its length, so that no two lists of fields look alike."""
        digest = self._digests[aspect]
        for field in fields:
            digest.update(b"%d:" % len(field))
            digest.update(field)
        digest.update(b";")

    def link(self, found: os.stat_result, name: bytes) -> None:
        """A file that has other names too, here or elsewhere."""
        self._twins.setdefault((found.st_dev, found.st_ino), []).append(name)

    def close(self) -> dict[str, object]:
        """Everything that leaves the host."""
        for names in sorted(sorted(group) for group in self._twins.values()):
            if len(names) > 1:
                self.counts["hard_linked"] += len(names)
                self.add("links", b"hard", *names)
        digests = {aspect + "_sha256": digest.hexdigest() for aspect, digest in self._digests.items()}
        return {**self.counts, **digests}


class Tree:
    """One walk. What cannot be read is counted, and its place in the digests is taken by a word that says so."""

    def __init__(self, root: bytes, excluded: frozenset[bytes]) -> None:
        self._root, self._excluded, self._manifest = root, excluded, Manifest()
        # Their own time tells of what comes and goes in them, and that is excluded.
        self._restless = {os.path.dirname(name) for name in excluded}

    def walk(self) -> dict[str, object]:
        """Look at everything once, each directory before what it holds."""
        waiting = [b""]
        while waiting:
            waiting += sorted(self._visit(waiting.pop()), reverse=True)
        return self._manifest.close()

    def _visit(self, name: bytes) -> list[bytes]:
        path = os.path.join(self._root, name) if name else self._root
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            self._manifest.counts["changed"] += 1
            return []
        except OSError:
            self._refused("names", name)
            return []
        self._describe(name, path, found)
        if stat.S_ISDIR(found.st_mode):
            return self._children(name, path)
        if stat.S_ISREG(found.st_mode):
            self._file(name, path, found)
        elif stat.S_ISLNK(found.st_mode):
            self._symlink(name, path)
        else:
            self._manifest.counts["others"] += 1
            self._manifest.add("content", name, b"device %d" % found.st_rdev)
        return []

    def _describe(self, name: bytes, path: bytes, found: os.stat_result) -> None:
        add = self._manifest.add
        add("names", name, _KINDS.get(stat.S_IFMT(found.st_mode), b"other"))
        add("owners", name, b"%d %d" % (found.st_uid, found.st_gid))
        if name not in self._restless:
            add("times", name, b"%d" % found.st_mtime_ns)
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            self._manifest.link(found, name)
        if not stat.S_ISLNK(found.st_mode):  # Linux gives a symlink a mode and no ACL, both without a meaning.
            add("modes", name, b"%o" % stat.S_IMODE(found.st_mode))
            self._attributes(name, path)

    def _attributes(self, name: bytes, path: bytes) -> None:
        try:
            held = sorted(map(os.fsencode, os.listxattr(path, follow_symlinks=False)))
            for key in held:
                aspect = "acls" if key in _ACLS else "xattrs"
                # What SELinux calls a file is the host's own affair.
                if aspect == "acls" or key.startswith(b"user.") or key == b"security.capability":
                    self._manifest.add(aspect, name, key, os.getxattr(path, key, follow_symlinks=False))
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.ENODATA):
                self._refused("xattrs", name)

    def _children(self, name: bytes, path: bytes) -> list[bytes]:
        self._manifest.counts["directories"] += 1
        try:
            below = [name + b"/" + child if name else child for child in os.listdir(path)]
        except OSError:
            self._refused("names", name)
            return []
        return [child for child in below if child not in self._excluded]

    def _symlink(self, name: bytes, path: bytes) -> None:
        self._manifest.counts["symlinks"] += 1
        try:
            self._manifest.add("links", b"symbolic", name, os.readlink(path))
        except OSError:
            self._refused("links", name)

    def _file(self, name: bytes, path: bytes, found: os.stat_result) -> None:
        counts = self._manifest.counts
        counts["files"] += 1
        counts["bytes"] += found.st_size
        counts["empty"] += found.st_size == 0
        try:
            digest, after = _read(path)
        except OSError:
            self._refused("content", name)
            return
        same = (after.st_ino, after.st_size, after.st_mtime_ns) == (found.st_ino, found.st_size, found.st_mtime_ns)
        counts["changed"] += not same
        self._manifest.add("content", name, b"%d" % found.st_size, digest)

    def _refused(self, aspect: str, name: bytes) -> None:
        self._manifest.counts["unreadable"] += 1
        self._manifest.add(aspect, name, b"unreadable")


def _read(path: bytes) -> tuple[bytes, os.stat_result]:
    """The digest of a file's content, and what it was like once all was read. Its time of access is left alone."""
    digest = hashlib.sha256()
    descriptor = _open(path)
    try:
        while True:
            piece = os.read(descriptor, _PIECE)
            if not piece:
                return digest.digest(), os.fstat(descriptor)
            digest.update(piece)
    finally:
        os.close(descriptor)


def _open(path: bytes) -> int:
    # Never waits, should a pipe have taken the file's name meanwhile.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_NOATIME)
    except PermissionError:  # Only the owner of a file may leave its time of access alone.
        return os.open(path, flags)


def main(arguments: list[str]) -> None:
    """The path, then what is left out of it: paths below it."""
    root, *excluded = map(os.fsencode, arguments)
    root = os.path.realpath(root)
    report: dict[str, object] = {"exists": os.path.lexists(root)}
    if report["exists"]:
        report.update(Tree(root, frozenset(excluded)).walk())
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
