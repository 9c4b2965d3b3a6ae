"""A key in a token or an HSM (PKCS#11), named by a URI of RFC 7512. The key never leaves the token."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from orchestrator.core.secret_reference import SecretKind
from orchestrator.errors import EvidenceError, UsageError
from orchestrator.secrets import Secrets
from reports.signers import PublicKey, Signer, accepted_public, digest_of
from reports.signing.keys.uri import secret_at

_PARTS, _OPTIONS = frozenset({"token", "object"}), frozenset({"module-path", "pin-source"})


class TokenSigner:
    """Signs in a token. Opens a session for each signature: a token that was taken out is an error, not a crash."""

    def __init__(self, *, module: str, token: str, label: str, pin: bytes) -> None:
        self._module, self._token, self._label, self._pin = module, token, label, pin
        with self._session() as session:
            self._public = accepted_public(_public_key(session, label), place=f"token {token}, object {label}")

    def __repr__(self) -> str:
        return f"TokenSigner(token={self._token!r}, object={self._label!r})"

    @property
    def public_key(self) -> PublicKey:
        """The other half of the key."""
        return self._public

    def sign(self, content: bytes) -> bytes:
        """The signature over the content. ECDSA is hashed here: SoftHSM has no mechanism that does both."""
        from pkcs11 import Mechanism, ObjectClass  # noqa: PLC0415  an extra: who has no token has no library
        from pkcs11.util.ec import encode_ecdsa_signature  # noqa: PLC0415

        with self._session() as session:
            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self._label)
            if isinstance(self._public, rsa.RSAPublicKey):
                return bytes(key.sign(content, mechanism=Mechanism.SHA256_RSA_PKCS))
            digest = hashlib.new(digest_of(self._public), content).digest()
            return bytes(encode_ecdsa_signature(key.sign(digest, mechanism=Mechanism.ECDSA)))

    @contextmanager
    def _session(self) -> Iterator[Any]:
        try:
            import pkcs11  # noqa: PLC0415

            library = pkcs11.lib(self._module)
            with library.get_token(token_label=self._token).open(user_pin=self._pin.decode()) as session:
                yield session
        except EvidenceError:
            raise
        except ImportError as error:
            raise EvidenceError(
                "keys in tokens: python-pkcs11 is not installed", hint="reprise-drills[pkcs11]"
            ) from error
        # The library's errors are many, and one of them could repeat what it was given.
        except Exception as error:  # noqa: BLE001
            reason = type(error).__name__
            raise EvidenceError(f"token {self._token}, object {self._label}: it cannot sign ({reason})") from None


def _public_key(session: Any, label: str) -> object:
    from pkcs11 import KeyType, ObjectClass  # noqa: PLC0415
    from pkcs11.util.ec import encode_ec_public_key  # noqa: PLC0415
    from pkcs11.util.rsa import encode_rsa_public_key  # noqa: PLC0415

    key = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
    if key.key_type is KeyType.EC:
        return load_der_public_key(encode_ec_public_key(key))
    numbers = _rsa_numbers(encode_rsa_public_key(key))
    return numbers.public_key()


def _rsa_numbers(der: bytes) -> rsa.RSAPublicNumbers:
    from asn1crypto.keys import RSAPublicKey  # noqa: PLC0415

    read = RSAPublicKey.load(der)
    return rsa.RSAPublicNumbers(e=read["public_exponent"].native, n=read["modulus"].native)


def open_token(uri: str, *, secrets: Secrets) -> Signer:
    """The key of `pkcs11:token=...;object=...?module-path=...&pin-source=REFERENCE` (or a path).

    Raises:
        UsageError: It says something else, or holds the PIN itself.
        EvidenceError: The token, the key or the PIN is not there.
    """
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    parts, options = _pairs(path, separator=";"), _pairs(query, separator="&")
    if "pin-value" in options:
        raise UsageError("signing key, pkcs11: a PIN is never written there", hint="use pin-source=file:... or env:...")
    if parts.keys() != _PARTS or options.keys() != _OPTIONS:
        form = "pkcs11:token=...;object=...?module-path=...&pin-source=file:..."
        raise UsageError("signing key, pkcs11: it does not name a key", hint=f"write {form}")
    pin = _pin(options["pin-source"], secrets=secrets)
    return TokenSigner(module=options["module-path"], token=parts["token"], label=parts["object"], pin=pin)


def _pin(source: str, *, secrets: Secrets) -> bytes:
    """RFC 7512 has `file:` and a bare path; the other kinds are ours."""
    kind = source.partition(":")[0]
    return secret_at(source if kind in set(SecretKind) else f"file:{source}", what="PIN", secrets=secrets)


def _pairs(text: str, *, separator: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(separator) if part)
    return {name: unquote(value) for name, _, value in pairs}
