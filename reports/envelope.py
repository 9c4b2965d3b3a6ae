"""The signed attestation: an in-toto Statement in a DSSE envelope, in a Sigstore bundle that cosign reads too.

It signs exact bytes and binds every file of the run by SHA-256. No `keyid`: cosign rejects bundles that carry one.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cryptography.x509 import Certificate
from pydantic import Field, ValidationError

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import SHA256, Moment, Outcome, Record, Verdict
from orchestrator.errors import EvidenceError
from reports.evidence import Evidence
from reports.keys import public_der
from reports.signers import Signer, is_signature_of, public_key_of
from reports.signing.sealer import Prepared, Sealer
from reports.signing.timestamps import read_response, write_response

_PayloadType = Literal["application/vnd.in-toto+json"]
_DrillType = Literal["https://reprise.invalid/attestation/drill/v1"]
_DossierType = Literal["https://reprise.invalid/attestation/dossier/v1"]
_BundleType = Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]
PAYLOAD_TYPE: _PayloadType = "application/vnd.in-toto+json"
PREDICATE_TYPE: _DrillType = "https://reprise.invalid/attestation/drill/v1"
"""A name, not a place: `.invalid` never resolves (RFC 2606), so that no verifier is led to fetch anything."""
DOSSIER_TYPE: _DossierType = "https://reprise.invalid/attestation/dossier/v1"
BUNDLE_TYPE: _BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"


class _Aliased(Record):
    model_config = {**Record.model_config, "serialize_by_alias": True, "validate_by_name": True}


class Digest(Record):
    """How in-toto writes a digest."""

    sha256: SHA256


class Subject(Record):
    """One file that the attestation is about."""

    name: str
    digest: Digest


class Predicate(_Aliased):
    """What the attestation says of its subjects, in the field names of in-toto's test-result where they fit."""

    run_id: str = Field(alias="runId")
    drill: str
    verdict: Verdict
    result: Literal["PASSED", "WARNED", "FAILED"]
    plan_sha256: SHA256 = Field(alias="planSha256")
    journal_length: int = Field(alias="journalLength")
    journal_head: SHA256 = Field(alias="journalHead")
    passed_tests: tuple[str, ...] = Field(alias="passedTests")
    failed_tests: tuple[str, ...] = Field(alias="failedTests")
    catalogue_version: str = Field(alias="catalogueVersion")
    versions: dict[str, str]
    signature_level: int = Field(alias="signatureLevel")


class DossierPredicate(_Aliased):
    """What the attestation of an audit file says of its subjects. It has no result: a dossier passes no judgement."""

    first_day: date = Field(alias="firstDay")
    last_day: date = Field(alias="lastDay")
    perimeters: tuple[int, ...]
    made_at: Moment = Field(alias="madeAt")
    reports: int
    register_lines: int = Field(alias="registerLines")
    register_head: SHA256 = Field(alias="registerHead")
    versions: dict[str, str]
    signature_level: int = Field(alias="signatureLevel")


class Statement(_Aliased):
    """An in-toto Statement v1, about a run's files or about an audit file's."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(default="https://in-toto.io/Statement/v1", alias="_type")
    subject: tuple[Subject, ...]
    predicate_type: _DrillType | _DossierType = Field(default=PREDICATE_TYPE, alias="predicateType")
    predicate: Predicate | DossierPredicate


class _Signature(Record):
    sig: str


class _Envelope(_Aliased):
    payload: str
    payload_type: _PayloadType = Field(default=PAYLOAD_TYPE, alias="payloadType")
    signatures: tuple[_Signature]


class _Hint(Record):
    hint: str


class _Material(_Aliased):
    public_key: _Hint = Field(alias="publicKey")


class _Stamp(_Aliased):
    signed_timestamp: str = Field(alias="signedTimestamp")


class _Stamps(_Aliased):
    rfc3161_timestamps: tuple[_Stamp] = Field(alias="rfc3161Timestamps")


class _TimedMaterial(_Material):
    timestamp_verification_data: _Stamps = Field(alias="timestampVerificationData")


class _Bundle(_Aliased):
    media_type: _BundleType = Field(default=BUNDLE_TYPE, alias="mediaType")
    verification_material: _TimedMaterial | _Material = Field(alias="verificationMaterial")
    dsse_envelope: _Envelope = Field(alias="dsseEnvelope")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """An attestation that was read, with its payload's exact bytes. Nothing is known of its signature yet."""

    statement: Statement
    payload: bytes
    signature: bytes
    hint: str
    token: bytes | None
    """A time-stamp over the signature's bytes, in a file of the one form; it may have been added later."""

    def signed_by(self, certificates: Sequence[Certificate]) -> Certificate | None:
        """The first of the given certificates whose key made the signature, and is the key that the file names."""
        signed = _pre_authentication(self.payload)
        named = (one for one in certificates if sha256(public_der(public_key_of(one))) == self.hint)
        return next((one for one in named if is_signature_of(self.signature, signed, key=public_key_of(one))), None)


def build_statement(evidence: Evidence, *, files: Mapping[str, bytes]) -> Statement:
    """The statement about a run's files.

    Args:
        evidence: What the files are about.
        files: Each file by its name, as it is on disk.
    """
    checks = evidence.measurements.checks
    return Statement(
        subject=tuple(Subject(name=name, digest=Digest(sha256=sha256(files[name]))) for name in sorted(files)),
        predicate=Predicate(
            run_id=evidence.run_id,
            drill=evidence.plan.drill.id,
            verdict=evidence.judgement.verdict,
            result=_result(evidence.judgement.verdict),
            plan_sha256=evidence.plan_sha256,
            journal_length=evidence.journal.length,
            journal_head=evidence.journal.head,
            passed_tests=tuple(check.check for check in checks if check.outcome is Outcome.OK),
            failed_tests=tuple(check.check for check in checks if check.outcome is not Outcome.OK),
            catalogue_version=evidence.mapping.version,
            versions=evidence.versions,
            signature_level=evidence.signature.level,
        ),
    )


def sign_statement(statement: Statement, *, signer: Signer) -> bytes:
    """The bytes of `attestation.sigstore.json`, without a time-stamp."""
    payload = canonical(statement)
    signature = signer.sign(_pre_authentication(payload))
    envelope = _Envelope(payload=_encode(payload), signatures=(_Signature(sig=_encode(signature)),))
    hint = _Hint(hint=sha256(public_der(signer.public_key)))
    return canonical(_Bundle(verification_material=_Material(public_key=hint), dsse_envelope=envelope))


def attest(statement: Statement, *, sealer: Sealer, prepared: Prepared) -> bytes:
    """The bytes of `attestation.sigstore.json`, with a time-stamp where one is to be had.

    Raises:
        AuthorityError: There was one to be had, and is no more.
    """
    signed = sign_statement(statement, signer=sealer.signer)
    if sealer.authority is None or prepared.sample is None:
        return signed
    signature = parse_attestation(signed).signature
    return add_time_stamp(signed, token=sealer.authority.stamp(signature, find=prepared.finder).token)


def add_time_stamp(attestation: bytes, *, token: bytes) -> bytes:
    """The same attestation with a time-stamp over its signature: what was signed stays as it is.

    Args:
        attestation: The bytes of one that has none.
        token: A verified time-stamp over `parse_attestation(attestation).signature`.
    """
    bundle = _Bundle.model_validate(json.loads(attestation))
    stamps = _Stamps(rfc3161_timestamps=(_Stamp(signed_timestamp=_encode(write_response(token))),))
    public_key = bundle.verification_material.public_key
    material = _TimedMaterial(public_key=public_key, timestamp_verification_data=stamps)
    return canonical(bundle.model_copy(update={"verification_material": material}))


def parse_attestation(content: bytes) -> Attestation:
    """Read an attestation, in the one form in which it is written: no second encoding can hide a change.

    Raises:
        EvidenceError: It is not an attestation of this format.
    """
    try:
        bundle = _Bundle.model_validate(json.loads(content))
        payload = base64.b64decode(bundle.dsse_envelope.payload, validate=True)
        signature = base64.b64decode(bundle.dsse_envelope.signatures[0].sig, validate=True)
        statement = Statement.model_validate(json.loads(payload))
        token = _token(bundle.verification_material)
    except (ValueError, ValidationError, binascii.Error, RecursionError) as error:
        raise EvidenceError("attestation: it is not an attestation of this format") from error
    written = (_encode(payload), _encode(signature))
    read = (bundle.dsse_envelope.payload, bundle.dsse_envelope.signatures[0].sig)
    if canonical(bundle) != content or canonical(statement) != payload or written != read:
        raise EvidenceError("attestation: it is not in canonical form")
    hint = bundle.verification_material.public_key.hint
    return Attestation(statement=statement, payload=payload, signature=signature, hint=hint, token=token)


def _token(material: _Material) -> bytes | None:
    if not isinstance(material, _TimedMaterial):
        return None
    written = material.timestamp_verification_data.rfc3161_timestamps[0].signed_timestamp
    response = base64.b64decode(written, validate=True)
    token = read_response(response)
    if _encode(response) != written:
        raise ValueError("another encoding of the same bytes")
    return token


def _pre_authentication(payload: bytes) -> bytes:
    """DSSE's PAE: what is signed says its own type and lengths, so that no bytes can be read as another document."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _result(verdict: Verdict) -> Literal["PASSED", "WARNED", "FAILED"]:
    if verdict is Verdict.PASSED:
        return "PASSED"
    return "WARNED" if verdict is Verdict.PASSED_WITH_GAPS else "FAILED"


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
