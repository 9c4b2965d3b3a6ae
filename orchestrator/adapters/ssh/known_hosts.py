"""The project's file of known host keys: which key a host must answer with. Connects to nothing."""

import hashlib
from base64 import b64encode
from pathlib import Path

import paramiko

from orchestrator.durable import write_durably
from orchestrator.errors import UsageError

PREFERRED = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")


def known_fingerprint(file: Path, *, address: str, port: int) -> str | None:
    """The fingerprint (`SHA256:...`, as OpenSSH prints it) of the key known for an address, or None.

    Raises:
        UsageError: The file cannot be read.
    """
    found = known_key(file, address=address, port=port)
    return fingerprint(found) if found is not None else None


def known_key(file: Path, *, address: str, port: int) -> paramiko.PKey | None:
    """The one key that an address must answer with; of several that are listed, the preferred one.

    Raises:
        UsageError: The file cannot be read.
    """
    try:
        keys = dict(paramiko.HostKeys(str(file)).lookup(listed_name(address, port=port)) or {})
    except (OSError, paramiko.SSHException) as error:
        hint = "see ssh: known-hosts: in reprise.yml; `reprise hosts trust HOST` fills it"
        raise UsageError(f"{file}: the known host keys cannot be read", hint=hint) from error
    return next((keys[kind] for kind in PREFERRED if kind in keys), None)


def add_known_key(file: Path, key: paramiko.PKey, *, address: str, port: int) -> None:
    """Add the line of a key that somebody has compared. What is in the file stays.

    Raises:
        UsageError: The file cannot be read.
        StoreError: It cannot be written.
    """
    try:
        before = file.read_bytes() if file.exists() else b""
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}", hint="see ssh: known-hosts:") from error
    line = f"{listed_name(address, port=port)} {key.get_name()} {key.get_base64()}\n".encode()
    write_durably(file, before + (b"" if before.endswith(b"\n") or not before else b"\n") + line)


def listed_name(address: str, *, port: int) -> str:
    """How a known_hosts file calls a host at an address."""
    return address if port == 22 else f"[{address}]:{port}"


def fingerprint(key: paramiko.PKey) -> str:
    """The SHA-256 fingerprint of a key, as OpenSSH prints it."""
    return "SHA256:" + b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
