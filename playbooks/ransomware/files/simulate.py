"""Encrypts a part of a directory as ransomware would, for an exercise: harmless by construction, and undone by its key.

It acts below one directory that carries the exercise's marker, and refuses every other one. It follows no link, leaves
the file system of that directory at no time, starts nothing, reaches no network, hides nothing, changes no right, keeps
the key that it was given nowhere, and says what it did. Decoys and marker are files like any other to it, but for the
marker itself, which it leaves alone.

Arguments: encrypt or decrypt, the directory, how many files of a hundred (encrypt), `note` to leave a note (optional).
On its standard input: the key in hexadecimal, then the project and the host that the marker must name, one a line.
"""

# Names on a disk are bytes, of which no pathlib.Path can be made.
# ruff: noqa: PTH101, PTH108, PTH117, PTH118, PTH123
import hashlib
import json
import os
import stat
import sys

MARKER = b".reprise-ransomware-exercise.json"
HEADER = b"REPRISE-EXERCISE-RANSOMWARE-1\n"
ENDING = b".reprise-locked"
NOTE_NAME = b"LISEZ-MOI-REPRISE-EXERCICE.txt"
NOTE = """EXERCICE - EXERCISE - reprise

Vos fichiers ont été chiffrés. Ceci est un exercice : aucun fichier réel n'est touché, rien n'est à payer.
All your files have been encrypted. This is an exercise: no real file is touched, there is nothing to pay.
"""
_NONCE = 16


class RefusedError(Exception):
    """The directory is none that the exercise may touch."""


def check_marker(root: bytes, *, project: str, host: str) -> None:
    """The directory itself says that it is the exercise's.

    Raises:
        RefusedError: It does not, or not of this project and host, or not in a file that lies there for good.
    """
    if not os.path.isabs(root) or os.path.realpath(root) != root or root.count(b"/") < 3:
        raise RefusedError("not the plain path of a directory deep enough to be an exercise's")
    try:
        descriptor = os.open(os.path.join(root, MARKER), os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            said = json.load(file)
    except (OSError, ValueError) as error:
        raise RefusedError("the directory does not carry the exercise's marker") from error
    if said != {"exercise": "ransomware", "project": project, "host": host}:
        raise RefusedError("the marker is that of another exercise, project or host")


def files_below(root: bytes) -> list[bytes]:
    """Every plain file of the same file system, in the order of names; links and other things are left alone."""
    device = os.lstat(root).st_dev
    found = []
    for place, directories, names in os.walk(root):
        directories[:] = [name for name in directories if os.lstat(os.path.join(place, name)).st_dev == device]
        for name in names:
            path = os.path.join(place, name)
            if stat.S_ISREG(os.lstat(path).st_mode) and name not in (MARKER, NOTE_NAME):
                found.append(path)
    return sorted(found)


def is_chosen(root: bytes, path: bytes, *, share: int) -> bool:
    """Whether a file is among so many of a hundred: by its name, so that more are always the same and others."""
    return int.from_bytes(hashlib.sha256(os.path.relpath(path, root)).digest()[:4], "big") % 100 < share


def mask(content: bytes, *, key: bytes, nonce: bytes) -> bytes:
    """Encrypt or decrypt: SHAKE-256 of key and nonce as the stream of a stream cipher."""
    stream = hashlib.shake_256(key + nonce).digest(len(content))
    return (int.from_bytes(content, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(content), "big")


def encrypt(path: bytes, *, key: bytes) -> None:
    """Write the encrypted file beside the plain one, with its times, then take the plain one away."""
    with open(path, "rb") as file:
        plain = file.read()
    nonce = hashlib.sha256(key + path).digest()[:_NONCE]
    _replace(path, path + ENDING, HEADER + nonce + mask(plain, key=key, nonce=nonce))


def decrypt(path: bytes, *, key: bytes) -> None:
    """The way back."""
    with open(path, "rb") as file:
        held = file.read()
    nonce, masked = held[len(HEADER) : len(HEADER) + _NONCE], held[len(HEADER) + _NONCE :]
    _replace(path, path[: -len(ENDING)], mask(masked, key=key, nonce=nonce))


def _replace(old: bytes, new: bytes, content: bytes) -> None:
    found = os.lstat(old)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IMODE(found.st_mode) | 0o200)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.chmod(new, stat.S_IMODE(found.st_mode))
    os.unlink(old)


def act(verb: str, root: bytes, *, key: bytes, share: int) -> dict[str, int]:
    """Encrypt so many files of a hundred, or decrypt all. What the account may not write is left as it is."""
    done = refused = 0
    for path in files_below(root):
        locked = path.endswith(ENDING)
        if locked is (verb == "encrypt") or (verb == "encrypt" and not is_chosen(root, path, share=share)):
            continue
        try:
            (encrypt if verb == "encrypt" else decrypt)(path, key=key)
            done += 1
        except OSError:  # A name that is too long with the ending, a directory that is closed: as in an attack.
            refused += 1
    return {f"{verb}ed_files": done, "refused_files": refused}


def main(arguments: list[str], told: list[str]) -> None:
    """See the module."""
    verb, root = arguments[0], os.fsencode(arguments[1])
    key, project, host = bytes.fromhex(told[0]), told[1], told[2]
    check_marker(root, project=project, host=host)
    if verb not in ("encrypt", "decrypt") or len(key) < _NONCE:
        raise RefusedError("say encrypt or decrypt, with a key of 16 bytes or more")
    counts = act(verb, root, key=key, share=int(arguments[2]) if verb == "encrypt" else 100)
    if "note" in arguments[3:]:
        with open(os.path.join(root, NOTE_NAME), "w", encoding="utf-8") as note:
            note.write(NOTE)
    sys.stdout.write(json.dumps(counts))


if __name__ == "__main__":
    try:
        main(sys.argv[1:], sys.stdin.read().splitlines())
    except RefusedError as error:
        sys.exit(f"refused: {error}")
