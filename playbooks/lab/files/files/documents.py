"""The documents of the staging lab as of a generation: synthetic PDF and DICOM files, and what a restore easily loses.

Arguments: the tree, its size in megabytes, the generation (one more for each backup), the program setfacl. The same
arguments give the same tree to the nanosecond; what is there already and equal is left alone. Nobody in it exists.
"""

# Names on a disk are bytes, of which no pathlib.Path can be made.
# ruff: noqa: PTH101, PTH102, PTH103, PTH108, PTH110, PTH112, PTH113, PTH114, PTH115, PTH118, PTH121, PTH123, PTH202, PTH211
import errno
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import unicodedata

_SEED = 2026
_EPOCH_NS = 1_700_000_000 * 10**9
_PATIENTS_PER_MEGABYTE = 7
_SIDE = 224


class Tree:
    """A tree that is being written. Times come last: whatever is written in a directory changes the directory's own."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._times: dict[bytes, int] = {}
        self._modes: dict[bytes, int] = {}
        self.digests: dict[str, str] = {}

    def directory(self, name: bytes, *, mode: int = 0o750, time_ns: int | None = None) -> None:
        """A directory, with those above it; its mode is set when all is in it."""
        parts = name.split(b"/")
        for depth in range(1, len(parts) + 1):
            above = b"/".join(parts[:depth])
            path = self.path(above)
            if not os.path.isdir(path):
                os.mkdir(path)
            elif above not in self._modes:
                os.chmod(path, 0o700)
            self._modes.setdefault(above, 0o750)
            self._times.setdefault(above, _moment(above))
        self._modes[name] = mode
        self._times[name] = _moment(name) if time_ns is None else time_ns

    def file(self, name: bytes, content: bytes, *, mode: int = 0o640, time_ns: int | None = None) -> None:
        """A file of this content, and its directory."""
        if b"/" in name:
            self._above(name)
        path = self.path(name)
        if not (os.path.isfile(path) and _read(path) == content):
            _forget(path)  # What other names the old one has keeps its content.
            with open(path, "wb") as file:
                file.write(content)
        self._modes[name] = mode
        self._times[name] = _moment(name) if time_ns is None else time_ns

    def document(self, name: bytes, content: bytes) -> None:
        """A file that users ask for: the index knows its digest."""
        self.file(name, content)
        self.digests[name.decode()] = hashlib.sha256(content).hexdigest()

    def sparse(self, name: bytes, *, size: int, end: bytes) -> None:
        """A file that is a hole up to its last bytes."""
        self._above(name)
        path = self.path(name)
        if not (os.path.isfile(path) and os.path.getsize(path) == size):
            with open(path, "wb") as file:
                file.truncate(size)
                file.seek(size - len(end))
                file.write(end)
        self._modes[name], self._times[name] = 0o640, _moment(name)

    def twin(self, name: bytes, *, of: bytes) -> None:
        """Another name of the same file."""
        self._above(name)
        path = self.path(name)
        if not (os.path.exists(path) and os.path.samefile(path, self.path(of))):
            _forget(path)
            os.link(self.path(of), path)

    def symlink(self, name: bytes, target: bytes) -> None:
        """A symbolic link, whether or not it leads anywhere."""
        self._above(name)
        path = self.path(name)
        if not (os.path.islink(path) and os.readlink(path) == target):
            _forget(path)
            os.symlink(target, path)
        self._times[name] = _moment(name)

    def attribute(self, name: bytes, key: str, value: bytes) -> None:
        """An extended attribute, where the file system has them."""
        try:
            os.setxattr(self.path(name), key, value)
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise

    def close(self) -> None:
        """Modes and times, what is deepest first."""
        self._times[b""], self._modes[b""] = _EPOCH_NS, 0o750
        for name in sorted(self._times, key=lambda one: one.count(b"/") + bool(one), reverse=True):
            path = self.path(name)
            if name in self._modes:
                os.chmod(path, self._modes[name])
            os.utime(path, ns=(self._times[name], self._times[name]), follow_symlinks=False)

    def path(self, name: bytes) -> bytes:
        """Where it is on the disk."""
        return os.path.join(self._root, name) if name else self._root

    def _above(self, name: bytes) -> None:
        above = name.rpartition(b"/")[0]
        if above not in self._modes:
            self.directory(above)


def write(root: bytes, *, megabytes: int, generation: int, setfacl: str) -> None:
    """The whole tree as of a generation."""
    os.makedirs(root, exist_ok=True)
    os.chmod(root, 0o700)
    tree = Tree(root)
    for number in range(1, megabytes * _PATIENTS_PER_MEGABYTE + 1):
        _write_patient(tree, number)
    _write_letters(tree, generation)
    _write_oddities(tree, setfacl)
    tree.file(b"index.json", _index(tree.digests, generation))
    tree.close()


def _write_patient(tree: Tree, number: int) -> None:
    folder = b"dossiers/FICTIF-%08d" % number
    for report in range(1 + number % 3):
        title = f"Compte rendu fictif {number}-{report}"
        tree.document(folder + b"/compte-rendu-%d.pdf" % report, _pdf(title, lines=20 + number % 30))
    tree.document(folder + b"/imagerie/serie-1/image-0001.dcm", _dicom(number))
    if number % 4 == 0:
        tree.twin(b"imagerie-du-jour/image-%04d.dcm" % number, of=folder + b"/imagerie/serie-1/image-0001.dcm")


def _write_letters(tree: Tree, generation: int) -> None:
    """What grows from one backup to the next: a letter more, and a line more in a file that was there before."""
    for number in range(1, generation + 1):
        tree.document(b"courrier/lettre-%04d.pdf" % number, _pdf(f"Courrier fictif {number}", lines=12))
    lines = "".join(f"{number};courrier/lettre-{number:04}.pdf;fictif\n" for number in range(1, generation + 1))
    tree.file(b"courrier/registre.csv", lines.encode(), time_ns=_moment(b"register %d" % generation))


def _write_oddities(tree: Tree, setfacl: str) -> None:
    _write_names(tree)
    _write_kinds(tree)
    _write_rights(tree, setfacl)
    # Borg as Debian builds it keeps no time before 1970 and none after 2038-01-17: it would come back as one of these.
    tree.file(b"dates/des-1970.txt", b"1970\n", time_ns=1)
    tree.file(b"dates/fin-2037.txt", b"2037\n", time_ns=2_145_916_799 * 10**9 + 999_999_999)
    tree.directory(b"dates/repertoire-ancien", time_ns=_EPOCH_NS - 10**17 + 1)


def _write_names(tree: Tree) -> None:
    accented = "reçu-été"
    names = (
        b"avec des  espaces.txt",
        b"saut\nde ligne.txt",
        b"-rf",
        b"--",
        b"etoile*[1]?.txt",
        b"\"guillemets\" et 'apostrophes' $(id) `id`.txt",
        b"barre\\inverse.txt",
        b" ",
        b"latin1-\xe9t\xe9.txt",
        "\N{SMILING FACE WITH SUNGLASSES}.txt".encode(),
        f"{unicodedata.normalize('NFC', accented)}.txt".encode(),
        f"{unicodedata.normalize('NFD', accented)}.txt".encode(),
        b"n" * 251 + b".txt",
    )
    for number, name in enumerate(names):
        tree.file(b"noms/" + name, b"nom %d\n" % number)
    deep = b"/".join(b"niveau-%02d-de-quarante" % level for level in range(40))
    tree.file(b"profond/" + deep + b"/fond.txt", b"fond\n")


def _write_kinds(tree: Tree) -> None:
    tree.file(b"vides/vide.pdf", b"")
    tree.directory(b"vides/repertoire-vide")
    tree.sparse(b"vides/creux.img", size=4 * 2**20, end=b"fin du fichier creux\n")
    tree.symlink(b"liens/vers-un-fichier", b"../courrier/registre.csv")
    tree.symlink(b"liens/vers-un-repertoire", b"../noms")
    tree.symlink(b"liens/vers-rien", b"nulle part/ailleurs")
    tree.symlink(b"liens/en-boucle", b"en-boucle")


def _write_rights(tree: Tree, setfacl: str) -> None:
    for mode in (0o600, 0o644, 0o444, 0o755, 0o400):
        tree.file(b"droits/mode-%03o.txt" % mode, b"mode %o\n" % mode, mode=mode)
    tree.directory(b"droits/setgid", mode=0o2770)
    tree.file(b"droits/setgid/partage.txt", b"du groupe\n", mode=0o660)
    tree.directory(b"droits/depot", mode=0o1777)
    tree.file(b"droits/lecture-seule/archive.txt", b"archive\n", mode=0o440)
    tree.directory(b"droits/lecture-seule", mode=0o550)
    tree.file(b"acl/un-lecteur.txt", b"lu par un autre\n")
    tree.directory(b"acl/heritage")
    tree.attribute(b"acl/un-lecteur.txt", "user.origine", "numérisation".encode())
    # Before the modes, which an ACL is part of: its mask is what the group's bits show.
    _acl(tree, setfacl, b"acl/un-lecteur.txt", "u:4321:r--,m::r--")
    _acl(tree, setfacl, b"acl/heritage", "u:4321:r-x,m::r-x,d:u:4321:r-x,d:g:4322:rwx,d:m::rwx")


def _acl(tree: Tree, setfacl: str, name: bytes, entries: str) -> None:
    subprocess.run([setfacl, "-m", entries, tree.path(name)], check=True)


def _index(digests: dict[str, str], generation: int) -> bytes:
    return json.dumps({"generation": generation, "documents": digests}, indent=1, sort_keys=True).encode() + b"\n"


def _pdf(title: str, *, lines: int) -> bytes:
    """A PDF 1.4 of one page that any reader opens."""
    rows = "".join(f"0 -14 Td (Ligne {line} de synthese, sans personne derriere) Tj\n" for line in range(1, lines))
    text = f"BT /F1 11 Tf 50 790 Td ({title}) Tj\n{rows}ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, held in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, held)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + head + table + tail


def _dicom(number: int) -> bytes:
    """A DICOM file (PS3.10, explicit VR little endian) of one 16-bit image: shades with noise, as a scanner's are."""
    chance = random.Random(f"{_SEED}:{number}")  # noqa: S311  an image, not a key
    noise = chance.randbytes(_SIDE)
    row = [(column * 9 + noise[column] % 8) % 4096 for column in range(_SIDE)]
    rows = (struct.pack(f"<{_SIDE}H", *(row[shift:] + row[:shift])) for shift in chance.choices(range(_SIDE), k=_SIDE))
    meta = (
        _element(2, 1, b"OB", b"\0\1")
        + _element(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.7")
        + _element(2, 3, b"UI", b"2.25.2026.%d" % number)
        + _element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1")
    )
    image = (
        _element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.7")
        + _element(8, 0x18, b"UI", b"2.25.2026.%d" % number)
        + _element(8, 0x60, b"CS", b"OT")
        + _element(0x10, 0x20, b"LO", b"FICTIF-%08d" % number)
        + b"".join(_element(0x28, tag, b"US", struct.pack("<H", value)) for tag, value in _SHAPE)
        + _element(0x7FE0, 0x10, b"OW", b"".join(rows))
    )
    return bytes(128) + b"DICM" + _element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + image


_SHAPE = ((2, 1), (0x10, _SIDE), (0x11, _SIDE), (0x100, 16), (0x101, 12), (0x102, 11), (0x103, 0))


def _element(group: int, element: int, kind: bytes, value: bytes) -> bytes:
    value += (b"\0" if kind in (b"UI", b"OB", b"OW") else b" ") * (len(value) % 2)
    long = kind in (b"OB", b"OW")
    return struct.pack("<HH", group, element) + kind + struct.pack("<xxI" if long else "<H", len(value)) + value


def _moment(name: bytes) -> int:
    """When it was last changed, to the nanosecond: some time of the year before the epoch, always the same."""
    return _EPOCH_NS - int.from_bytes(hashlib.sha256(b"time of " + name).digest()[:7], "big") % (365 * 86_400 * 10**9)


def _read(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _forget(path: bytes) -> None:
    if os.path.lexists(path):
        os.unlink(path)


if __name__ == "__main__":
    write(os.fsencode(sys.argv[1]), megabytes=int(sys.argv[2]), generation=int(sys.argv[3]), setfacl=sys.argv[4])
