"""The bundle: one deterministic ZIP of a run's evidence, with how to verify it by ordinary tools."""

import textwrap
from collections.abc import Mapping
from importlib.resources import files as resources

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509 import Certificate

from orchestrator.core.model import Language
from reports.envelope import PREDICATE_TYPE
from reports.evidence import parse_evidence
from reports.keys import certificate_pem, fingerprint
from reports.layout import ATTESTATION, EVIDENCE, pack
from reports.signers import digest_of, public_key_of
from reports.signing.statement import SignatureStatement
from reports.signing.wording import describe
from reports.words import load_words

CERTIFICATE = "trust/seal.crt.pem"
INSTRUCTIONS = "VERIFY.md"


def build_bundle(files: Mapping[str, bytes], *, certificate: Certificate) -> bytes:
    """The bytes of the bundle; the same files and certificate give the same bytes.

    Args:
        files: Everything that the attestation binds, and the attestation.
        certificate: For convenience: it proves nothing by being in there, and the instructions say so.
    """
    guide = instructions(certificate, signature=parse_evidence(files[EVIDENCE]).signature).encode()
    content = {**files, CERTIFICATE: certificate_pem(certificate), INSTRUCTIONS: guide}
    return pack(content)


def instructions(certificate: Certificate, *, signature: SignatureStatement, guide: str = "verify") -> str:
    """`VERIFY.md`, in French and in English: for a seal of this kind, and what it is worth.

    Args:
        certificate: That of the seal, whose fingerprint is in the text.
        signature: What is said of the seal.
        guide: The name of the template: `verify` for a run, `dossier-verify` for an audit file. Where the seal bears a
            time, or awaits one, there is a part more, of the same name with `-time`.
    """
    parts = (_guide(guide, language, signature=signature) for language in Language)
    blanks = {
        "@FINGERPRINT@": fingerprint(certificate),
        "@CERTIFICATE@": CERTIFICATE,
        "@ATTESTATION@": ATTESTATION,
        "@PREDICATE@": PREDICATE_TYPE,
        "@CHECK_SIGNATURE@": _signature_check(certificate),
    }
    text = "\n".join(parts)
    for blank, value in blanks.items():
        text = text.replace(blank, value)
    return text


def _signature_check(certificate: Certificate) -> str:
    """The openssl command for a signature of this certificate's key: with Ed25519, nothing is hashed before."""
    key = public_key_of(certificate)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "openssl pkeyutl -verify -pubin -inkey check/key.pem -rawin -in check/signed -sigfile check/signature"
    return f"openssl dgst -{digest_of(key)} -verify check/key.pem -signature check/signature check/signed"


def _guide(guide: str, language: Language, *, signature: SignatureStatement) -> str:
    worth = describe(signature, words=load_words(language))
    timed = signature.authority is not None or signature.awaited
    text = _template(f"{guide}.{language}.md")
    text = text.replace("@TIME@", _template(f"{guide}-time.{language}.md") if timed else "")
    return text.replace("@SHORT@", worth.short).replace("@WORTH@", textwrap.fill(worth.long, width=118))


def _template(name: str) -> str:
    return resources("reports").joinpath("templates", name).read_text(encoding="utf-8")
