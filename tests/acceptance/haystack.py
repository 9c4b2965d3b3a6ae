"""Everything that was written, searched for secrets in every form in which one could have got there."""

import base64
import io
import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Self
from urllib.parse import quote, quote_plus

from reports.pades import read_attachments

_LOOK_S = 0.02


def forms(secret: str) -> dict[str, bytes]:
    """A secret in each form, by the name of the form. Of base 64, in each of the three places that it can begin at."""
    raw = secret.encode()
    found = {
        "plain": raw,
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "url": quote(secret, safe="").encode(),
        "url+": quote_plus(secret, safe="/").encode(),
        "json": json.dumps(secret)[1:-1].encode(),
        "json-utf8": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
    }
    for lead in range(3):
        encoded = base64.b64encode(b"x" * lead + raw + b"x" * 3)
        # What is before and behind the secret changes the letters at its ends.
        first, last = -(-lead * 4 // 3), (lead + len(raw)) * 4 // 3
        inner = encoded[first:last]
        found[f"base64-{lead}"] = inner
        found[f"base64url-{lead}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    return found


class Needles:
    """The secrets that must not be found, each in every form."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms = [(name, form, needle) for name, text in secrets.items() for form, needle in forms(text).items()]

    def within(self, content: bytes) -> set[tuple[str, str]]:
        """Which secrets are in it, and in which form."""
        return {(name, form) for name, form, needle in self._forms if needle in content}

    def in_tree(self, root: Path, *, but: frozenset[Path] = frozenset()) -> dict[str, set[tuple[str, str]]]:
        """What is found in each file below a directory, unpacked; in the names of files too."""
        found: dict[str, set[tuple[str, str]]] = {}
        for path in _files(root):
            if any(path == one or path.is_relative_to(one) for one in but):
                continue
            found |= {f"{path} (its name)": hits} if (hits := self.within(str(path).encode())) else {}
            for name, content in unpacked(str(path), _read(path)):
                found |= {name: own} if (own := self.within(content)) else {}
        return found


def _files(root: Path) -> list[Path]:
    """Every plain file below a directory, or it itself. Other programs make and remove some of them meanwhile."""
    walked = (Path(place, name) for place, _, names in os.walk(root) for name in names)
    return sorted(path for path in ([root] if root.is_file() else walked) if path.is_file() and not path.is_symlink())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file as it is, and everything in it: members of archives, attachments and text of PDF files."""
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)) and not content.startswith(b"%PDF"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from unpacked(f"{name}!{member}", archive.read(member))
    if content.startswith(b"%PDF"):
        for member, inner in read_attachments(content).items():
            yield from unpacked(f"{name}!{member}", inner)
        yield f"{name}!text", _printed("pdftotext", content)
        yield f"{name}!objects", _printed("qpdf", content)


def _printed(program: str, content: bytes) -> bytes:
    """The text of a PDF file, or all of its objects uncompressed."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(content)
        file.flush()
        command = {
            "pdftotext": ["pdftotext", file.name, "-"],
            "qpdf": ["qpdf", "--qdf", "--object-streams=disable", file.name, "-"],
        }[program]
        return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


class CommandLines:
    """Looks at the arguments of every process of this machine for as long as the block runs."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = Event()
        self._thread = Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes())
                except OSError:
                    continue  # It has ended.
