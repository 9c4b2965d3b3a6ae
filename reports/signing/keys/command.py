"""A key behind a program: it gets the bytes on its standard input, and prints the signature. For remote seals.

Nothing secret is in its arguments. What it prints is verified before it is used.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from orchestrator.errors import EvidenceError, UsageError
from orchestrator.secrets import Secrets
from reports.signers import PublicKey, Signer, is_signature_of, public_key_of
from reports.signing.keys.uri import parse_uri

TIMEOUT_S = 120
"""A remote seal may ask a person; nobody waits for ever."""


@dataclass(frozen=True, slots=True)
class CommandSigner:
    """Signs by asking a program."""

    program: str
    public_key: PublicKey

    def sign(self, content: bytes) -> bytes:
        """The signature that the program prints, as raw bytes."""
        try:
            done = subprocess.run([self.program], input=content, capture_output=True, check=False, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise EvidenceError(f"{self.program}: no signature within {TIMEOUT_S} s") from error
        except OSError as error:
            raise EvidenceError(f"{self.program}: it cannot be run: {error.strerror}") from error
        if done.returncode != 0:
            raise EvidenceError(f"{self.program}: it ended with {done.returncode}, and gave no signature")
        if not is_signature_of(done.stdout, content, key=self.public_key):
            raise EvidenceError(f"{self.program}: what it printed is not a signature with this key")
        return done.stdout


def open_command(uri: str, *, secrets: Secrets) -> Signer:
    """The key of `command:/path/of/program?certificate=/path/of/certificate.pem`.

    Raises:
        UsageError: It names no certificate.
        EvidenceError: The certificate cannot be read.
    """
    del secrets  # The program has its own.
    where = parse_uri(uri, options=frozenset({"certificate", "public-key"}))
    certificate, public = where.options.get("certificate"), where.options.get("public-key")
    if (certificate is None) is (public is None):
        raise UsageError("signing key, command: whose key is it?", hint="add ?certificate=... or ?public-key=...")
    path = Path(certificate or public or "")
    try:
        content = path.read_bytes()
        key = load_pem_public_key(content) if certificate is None else x509.load_pem_x509_certificate(content)
    except (OSError, ValueError) as error:
        raise EvidenceError(f"{path}: no certificate or public key can be read") from error
    if isinstance(key, x509.Certificate):
        key = public_key_of(key)
    if not isinstance(key, PublicKey):
        raise EvidenceError(f"{path}: keys of this kind are not used here")
    return CommandSigner(program=where.path, public_key=key)
