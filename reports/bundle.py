"""The bundle: one deterministic ZIP of a run's evidence, with how to verify it by ordinary tools."""

from collections.abc import Mapping
from importlib.resources import files as resources

from cryptography.x509 import Certificate

from orchestrator.core.model import Language
from reports.envelope import PREDICATE_TYPE
from reports.keys import certificate_pem, fingerprint
from reports.layout import ATTESTATION, pack

CERTIFICATE = "trust/seal.crt.pem"
INSTRUCTIONS = "VERIFY.md"


def build_bundle(files: Mapping[str, bytes], *, certificate: Certificate) -> bytes:
    """The bytes of the bundle; the same files and certificate give the same bytes.

    Args:
        files: Everything that the attestation binds, and the attestation.
        certificate: For convenience: it proves nothing by being in there, and the instructions say so.
    """
    guide = instructions(certificate).encode()
    content = {**files, CERTIFICATE: certificate_pem(certificate), INSTRUCTIONS: guide}
    return pack(content)


def instructions(certificate: Certificate) -> str:
    """`VERIFY.md`, in French and in English."""
    parts = (_guide(language) for language in Language)
    blanks = {
        "@FINGERPRINT@": fingerprint(certificate),
        "@CERTIFICATE@": CERTIFICATE,
        "@ATTESTATION@": ATTESTATION,
        "@PREDICATE@": PREDICATE_TYPE,
    }
    text = "\n".join(parts)
    for blank, value in blanks.items():
        text = text.replace(blank, value)
    return text


def _guide(language: Language) -> str:
    return resources("reports").joinpath("templates", f"verify.{language}.md").read_text(encoding="utf-8")
