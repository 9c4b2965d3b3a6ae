#!/usr/bin/env python3
"""Checks the evidence of one disaster-recovery drill without the program that made it.

    python3 verify_evidence.py bundle.zip    --certificate seal.crt.pem
    python3 verify_evidence.py runs/THE-RUN/ --certificate seal.crt.pem --register-key register.pub.pem
    python3 verify_evidence.py report.pdf    --certificate seal.crt.pem --json

Needs Python 3.11 or later and the package `cryptography`; reads the files that are named to it and nothing else, and
never the network. The certificate must come from the organisation by another way than the evidence: one that lies
beside the evidence proves nothing and is never used. This file too must come by another way than the evidence.

It is written to be read from top to bottom. Each section answers one question, and names the page of
`docs/reference/formats/` that it was written from. It shares no line with the product: where both say the same of a
run, two programs have read the formats in the same way.

  1  How is an answer kept?                                8  Does the evidence say what the journal says?
  2  Which files are there?                                9  Did the key seal this PDF, every byte of it?
  3  Is a file in canonical form?                         10  What is attached to the PDF?
  4  Whose signature is it?                               11  Is the run in the register?
  5  What did the key sign, and are these the files?      12  What do plan, journal and series come to?
  6  Is the journal whole?                                13  What is the verdict?
  7  What do the series say?                              14  Everything together

Answers: `ok`; `FAILED`, and then nothing here is to be relied on; `noted`, which this program cannot decide and says
so. Exit codes: 0 valid, 5 not valid, 2 wrong use of this command.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Json = Any
"""A JSON value: a dictionary, a list, text, a whole number, true, false or null."""

VALID, USAGE, NOT_VALID = 0, 2, 5


# 1. How is an answer kept? ---------------------------------------------------------------------------------------

OK, FAILED, NOTED = "ok", "failed", "noted"

QUESTIONS = {
    "readable": "The evidence can be read.",
    "certificate": "The evidence names the trusted certificate, which had not expired when the run ended.",
    "attestation-signature": "The key of the trusted certificate signed the attestation.",
    "file-digest": "The file is the one that the attestation covers.",
    "file-unbound": "Nothing came along that the attestation does not cover.",
    "statement": "The attestation says what the evidence says, of every file.",
    "pdf-whole": "The PDF has one signature, and it covers every byte.",
    "pdf-signature": "The key of the trusted certificate sealed the PDF.",
    "pdf-attachments": "The files attached to the PDF are those of the run.",
    "chain": "The journal begins with the plan's digest, every line follows from the one before, the series are whole.",
    "journal-bound": "The evidence is about this plan and this journal.",
    "evidence": "What the evidence quotes from plan, journal and series is there.",
    "measurements": "Computed again, every figure is the same.",
    "verdict": "Judged again, the verdict and its reasons are the same.",
    "people": "Each answer that a person signed is signed with the key that the plan gives that person.",
    "register": "The run is entered in the register.",
    "time-stamp": "A third party dated it.",
    "issuer": "Somebody vouches for the name in the certificate.",
    "level": "The seal is worth what the evidence says.",
    "archive": "The archived report is the report, and archive time-stamps.",
    "not-compared": "Not everything can be checked by this program.",
}
ALWAYS_NEEDED = ("readable", "certificate", "pdf-signature", "pdf-whole", "pdf-attachments", "chain", "journal-bound")
NEEDED_OF_FIGURES = ("evidence", "measurements", "verdict")
NEEDED_BESIDE_A_PDF = ("attestation-signature", "file-digest", "statement")


class Wrong(Exception):  # noqa: N818  it is an answer, not an error of this program
    """What was read is not as it must be; the text says what is wrong."""


@dataclass(frozen=True)
class Trust:
    """Whom the caller trusts. All of it came to him by another way than with the evidence."""

    certificates: Sequence[x509.Certificate]
    register_key: ed25519.Ed25519PublicKey | None = None
    without_register: bool = False
    """Whether he accepts evidence of a run that was entered in no register."""


@dataclass(frozen=True)
class Answer:
    """One question, the file that it was asked of, and the answer."""

    question: str
    subject: str
    status: str
    detail: str = ""


@dataclass
class Answers:
    """Every answer, in the order in which it was found."""

    found: list[Answer] = field(default_factory=list)

    def add(self, question: str, subject: str, status: str, detail: str = "") -> None:
        """Keep one answer."""
        self.found.append(Answer(question, subject, status, detail))

    def compare(self, question: str, subject: str, *, same: bool, otherwise: str) -> None:
        """Keep the answer to a comparison."""
        self.add(question, subject, OK if same else FAILED, "" if same else otherwise)

    def ask(self, question: str, subject: str, check: Callable[[], str | None]) -> bool:
        """Make one check, which returns a detail worth printing, or raises `Wrong`. Keep and return its answer."""
        return self.attempt(question, subject, lambda: self.add(question, subject, OK, check() or ""))

    def attempt(self, question: str, subject: str, act: Callable[[], None]) -> bool:
        """Do something that keeps its own answers; keep and return that it could not be done."""
        try:
            act()
        except Wrong as wrong:
            self.add(question, subject, FAILED, str(wrong))
        # Files that somebody made up can hold anything anywhere: a list for a number, a name that is missing, an object
        # in an object in an object. Whatever breaks on them is the same answer, and never an end without one.
        except Exception as error:  # noqa: BLE001
            self.add(question, subject, FAILED, f"it is not of this format ({type(error).__name__})")
        else:
            return True
        return False

    def are_valid(self, *, alone: bool) -> bool:
        """Nothing failed, and nothing that must be asked went unasked. `alone`: a PDF without its attestation."""
        needed = {*ALWAYS_NEEDED, *NEEDED_OF_FIGURES, *(() if alone else NEEDED_BESIDE_A_PDF)}
        answered = {answer.question for answer in self.found if answer.status == OK}
        return needed <= answered and not any(answer.status == FAILED for answer in self.found)


# 2. Which files are there? ---------------------------------------------------------------------------------------
# evidence.md, "Files". A run directory, a bundle and a PDF are all read into one table: name in the run, content.

PLAN, JOURNAL, DRILL = "plan.json", "journal.jsonl", "drill.yml"
VERDICT, EVIDENCE, HTML, PDF = "verdict.json", "evidence.json", "report.html", "report.pdf"
ATTESTATION, SERIES = "attestation.sigstore.json", "samples/"
ARCHIVED = "report.archived.pdf"
RENEWALS = "attestation.renewals.json"
"""Made by renewing, which may happen at any time after sealing: nothing binds it but itself."""
KNOWN = (PLAN, JOURNAL, DRILL, VERDICT, EVIDENCE, HTML, PDF, ATTESTATION, ARCHIVED, RENEWALS)
CERTIFICATE, INSTRUCTIONS = "trust/seal.crt.pem", "VERIFY.md"
LARGEST_BYTES = 512 * 1024 * 1024
"""Of everything, unpacked: far more than any run."""


@dataclass(frozen=True)
class Given:
    """What was handed over: the files, and whether it was one PDF alone."""

    files: Mapping[str, bytes]
    alone: bool = False
    packed: bool = False
    ignored: Sequence[str] = ()


def read_given(path: Path) -> Given:
    """Read what is at a path: it is what it begins with, whatever it is called."""
    if path.is_dir():
        return read_directory(path)
    content = path.read_bytes()
    if content.startswith(b"PK"):
        return Given(files=unpack(content), packed=True)
    if content.startswith(b"%PDF"):
        return Given(files=unfold(content), alone=True)
    raise Wrong("it is neither a run directory, nor a bundle, nor a PDF")


def read_directory(path: Path) -> Given:
    """The files of a run; others that lie there are no part of the evidence, and are only named."""
    names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    names = [name for name in names if not any(part.startswith(".") for part in name.split("/"))]
    used = [name for name in names if name in KNOWN or re.fullmatch(r"samples/[^/]+", name)]
    files = {name: (path / name).read_bytes() for name in used}
    return Given(files=files, ignored=[name for name in names if name not in used and name != "bundle.zip"])


def unpack(content: bytes) -> dict[str, bytes]:
    """The files of a bundle. Packed again they must give the same bytes, so that no byte of it goes unexplained."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > LARGEST_BYTES:
                raise Wrong(f"it holds more than {LARGEST_BYTES} bytes")
            files = {entry.filename: archive.read(entry) for entry in entries}
    except (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise Wrong("it is not a whole ZIP archive") from error
    if pack(files) != content:
        raise Wrong("it is not the archive that sealing makes of these files")
    return files


def pack(files: Mapping[str, bytes]) -> bytes:
    """evidence.md, "The bundle": stored, in the order of the names, dated 1980, made on Unix with mode 0644."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", compression=zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.create_system = 0o100644 << 16, 3
            archive.writestr(entry, files[name])
    return output.getvalue()


def unfold(pdf: bytes) -> dict[str, bytes]:
    """The files of a run out of its PDF, where no name has a folder: `samples-canary.csv` is `samples/canary.csv`."""
    attached = read_attachments(pdf)
    named = [series["file"] for series in parse_json(attached[EVIDENCE], EVIDENCE)["series"]]
    folders = {name.replace("/", "-"): name for name in named}
    return {folders.get(name, name): content for name, content in attached.items()} | {PDF: pdf}


def sources(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What the run itself left: plan, journal, drill file and series."""
    return {name: files[name] for name in files if name in (PLAN, JOURNAL, DRILL) or name.startswith(SERIES)}


def needed(files: Mapping[str, bytes], name: str) -> bytes:
    """The content of a file that must be there."""
    if name not in files:
        raise Wrong(f"{name} is missing")
    return files[name]


# 3. Is a file in canonical form? ---------------------------------------------------------------------------------
# journal.md, "Canonical form": RFC 8785 (JCS), for documents without fractions. A value has one form and one only, so
# a digest of the bytes is a digest of the value.

LARGEST_NUMBER = 2**53 - 1


def sha256(content: bytes) -> str:
    """The SHA-256, in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def canonical(value: Json) -> bytes:
    """The bytes of a JSON value in canonical form."""
    return write_json(value).encode("utf-8")


def write_json(value: Json) -> str:
    """No spaces; keys in the order of their UTF-16 code units; text as it is but for what JSON must escape."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{write_json(key)}:{write_json(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write_json, value)) + "]"
    if type(value) is int and abs(value) > LARGEST_NUMBER:
        raise Wrong(f"{value} is not exact in every JSON reader")
    return json.dumps(value, ensure_ascii=False)


def parse_json(content: bytes, name: str) -> Json:
    """Read a document, which must be in canonical form: other bytes would be another file with the same meaning."""
    try:
        value = json.loads(content.decode("utf-8"), parse_float=no_fraction, parse_constant=no_fraction)
        form = canonical(value)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"{name} is not JSON of this format") from error
    if form != content:
        raise Wrong(f"{name} is not in canonical form")
    return value


def no_fraction(text: str) -> Json:
    """Refuse a number with a fraction or an exponent: no format here has one."""
    raise Wrong(f"{text[:20]} is no whole number")


def exactly(value: Json, keys: str, name: str, *, optional: str = "") -> Json:
    """The object, which must have these keys and no others."""
    surplus = set(value) - set(keys.split()) - set(optional.split())
    missing = set(keys.split()) - set(value)
    if surplus or missing:
        raise Wrong(f"{name}: {', '.join(sorted(surplus | missing))[:200]} is unknown or missing")
    return value


# 4. Whose signature is it? ---------------------------------------------------------------------------------------
# attestation.md, "Keys". Only certificates that the caller brought are looked at.

SMALLEST_RSA_BITS = 3072
SHA_2: Mapping[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def fingerprint(certificate: x509.Certificate) -> str:
    """What is compared over another channel: the SHA-256 of the certificate."""
    return sha256(certificate.public_bytes(serialization.Encoding.DER))


def public_key_der(certificate: x509.Certificate) -> bytes:
    """The certificate's public key as SubjectPublicKeyInfo."""
    der, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return certificate.public_key().public_bytes(der, form)


def is_signed(content: bytes, signature: bytes, *, by: x509.Certificate, digest: str | None = None) -> bool:
    """Whether the key of this certificate signed exactly these bytes.

    Args:
        content: What was signed.
        signature: The signature.
        by: The trusted certificate.
        digest: The digest that the signature's container names; None: the one that goes with the key.
    """
    key = by.public_key()
    digests = [digest] if digest else usual_digests(key)
    return any(verifies(key, content, signature, digest=SHA_2[name]()) for name in digests)


def usual_digests(key: object) -> Sequence[str]:
    """SHA-256; with a P-384 key SHA-384."""
    large = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP384R1)
    return ("sha384",) if large else ("sha256",)


def verifies(key: object, content: bytes, signature: bytes, *, digest: hashes.HashAlgorithm) -> bool:
    """One key, one digest. Keys of other kinds, other curves or too few bits are not accepted."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
            key.verify(signature, content, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA_BITS:
            key.verify(signature, content, padding.PKCS1v15(), digest)
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, content)
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def chosen(evidence: Json, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The trusted certificate that the evidence says it is sealed with."""
    named = evidence["signature"]["certificate_sha256"]
    for certificate in certificates:
        if fingerprint(certificate) == named:
            return certificate
    raise Wrong(
        f"it names the certificate {named}, which is not the trusted one; that of its issuer is not enough here"
    )


STATED = "level profile signer algorithm certificate_sha256 self_signed issuer chain_sha256 qualified authority awaited"
"""evidence.md, "Seal, chain and time": what the evidence says of its own seal."""
LEVELS, PROFILES = (1, 2, 3), ("PAdES-B-B", "PAdES-B-T", "PAdES-B-LT")


def check_certificate(evidence: Json, certificate: x509.Certificate) -> str:
    """Alive when the run ended, as the journal dates it; and what the evidence says of it is so."""
    if instant(evidence["journal"]["ended_at"]) > certificate.not_valid_after_utc:
        raise Wrong("it had expired when the run ended")
    stated = exactly(evidence["signature"], STATED, "signature")
    issued = certificate.issuer != certificate.subject
    expected = {
        "signer": name_of(certificate.subject),
        "algorithm": algorithm_of(certificate.public_key()),
        "self_signed": not issued,
        "issuer": name_of(certificate.issuer) if issued else None,
    }
    if any(stated[name] != value for name, value in expected.items()):
        raise Wrong("the evidence says something else of it")
    check_worth(stated)
    return str(expected["signer"])


def check_worth(stated: Json) -> None:
    """What the evidence says of its seal holds together: nothing is claimed for which it names nobody."""
    authority, timed = stated["authority"], stated["profile"] != "PAdES-B-B"
    if stated["level"] not in LEVELS or stated["profile"] not in PROFILES or timed != (authority is not None):
        raise Wrong("the evidence says of its seal what cannot be")
    independent = qualified = False
    if authority is not None:
        exactly(authority, "name root_sha256 independent qualified", "authority")
        independent, qualified = authority["independent"], stated["qualified"] and authority["qualified"]
    if stated["level"] != (3 if qualified else 2 if independent else 1):
        raise Wrong("the evidence states a level that does not follow from what it says")
    if (stated["self_signed"] and (stated["chain_sha256"] or stated["qualified"])) or (stated["awaited"] and timed):
        raise Wrong("the evidence says of its seal what cannot be")


def name_of(name: x509.Name) -> str:
    """The common name, or all of it where there is none."""
    names = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else name.rfc4514_string()


def algorithm_of(key: object) -> str:
    """How the evidence writes the algorithm of a key."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "ECDSA P-384, SHA-384" if isinstance(key.curve, ec.SECP384R1) else "ECDSA P-256, SHA-256"
    return f"RSA {key.key_size}, PKCS #1 v1.5, SHA-256" if isinstance(key, rsa.RSAPublicKey) else "Ed25519"


def instant(text: str) -> datetime:
    """A wall-clock instant, always in UTC: `2026-11-23T02:00:19Z`, with six digits of a second where they are not 0."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", text):
        raise Wrong(f"{text[:40]} is no instant in UTC")
    return datetime.fromisoformat(text)


# 5. What did the key sign, and are these the files? ----------------------------------------------------------------
# attestation.md. A Sigstore bundle v0.3 with a DSSE envelope; in it an in-toto statement, with the digest of each file.

PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://reprise.invalid/attestation/drill/v1"
RESULTS = {"passed": "PASSED", "passed-with-gaps": "WARNED"}


class Attestation(NamedTuple):
    """What was signed, the signature, and what the file says of the key."""

    payload: bytes
    signature: bytes
    hint: str
    timed: bool


def read_attestation(content: bytes) -> Attestation:
    """Take the envelope apart."""
    bundle = exactly(parse_json(content, ATTESTATION), "mediaType verificationMaterial dsseEnvelope", ATTESTATION)
    material = exactly(bundle["verificationMaterial"], "publicKey", ATTESTATION, optional="timestampVerificationData")
    stamps = material.get("timestampVerificationData")
    if stamps is not None:
        (stamp,) = exactly(stamps, "rfc3161Timestamps", ATTESTATION)["rfc3161Timestamps"]
        from_base64(exactly(stamp, "signedTimestamp", ATTESTATION)["signedTimestamp"])
    envelope = exactly(bundle["dsseEnvelope"], "payload payloadType signatures", ATTESTATION)
    (signature,) = envelope["signatures"]
    if (bundle["mediaType"], envelope["payloadType"]) != (BUNDLE_TYPE, PAYLOAD_TYPE):
        raise Wrong("it is a document of another type")
    return Attestation(
        payload=from_base64(envelope["payload"]),
        signature=from_base64(exactly(signature, "sig", ATTESTATION)["sig"]),
        hint=exactly(material["publicKey"], "hint", ATTESTATION)["hint"],
        timed=stamps is not None,
    )


def from_base64(text: str) -> bytes:
    """Decode, and refuse every other spelling of the same bytes."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode("ascii") != text:
        raise Wrong("its base64 is not in the usual form")
    return content


def pre_authentication(payload: bytes) -> bytes:
    """DSSE's PAE, which is what is signed: type and content, each with its length before it."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def check_attestation_signature(attestation: Attestation, certificate: x509.Certificate) -> None:
    """The signature, by the trusted key; and the hint names that key."""
    if attestation.hint != sha256(public_key_der(certificate)):
        raise Wrong("it names another key")
    if not is_signed(pre_authentication(attestation.payload), attestation.signature, by=certificate):
        raise Wrong("the trusted certificate's key did not sign it")


def check_digests(answers: Answers, files: Mapping[str, bytes], statement: Json) -> None:
    """Each file that the statement names is there, with that digest."""
    for subject in statement["subject"]:
        name, digest = subject["name"], subject["digest"]["sha256"]
        if name not in files:
            answers.add("file-digest", name, FAILED, "it is missing")
        else:
            answers.compare("file-digest", name, same=sha256(files[name]) == digest, otherwise="it was altered")


def check_unbound(answers: Answers, given: Given, statement: Json, certificate: x509.Certificate) -> None:
    """Each file that is there is named by the statement, but for two in a bundle, and what renewing made later."""
    bound = {ATTESTATION, *(subject["name"] for subject in statement["subject"])}
    for name in sorted(given.files.keys() - bound):
        if given.packed and name == CERTIFICATE:
            trusted = given.files[name] == certificate.public_bytes(serialization.Encoding.PEM)
            answers.compare("file-unbound", name, same=trusted, otherwise="it is not the trusted certificate")
        elif given.packed and name == INSTRUCTIONS:
            answers.add("file-unbound", name, NOTED, "it is not signed: rely on no word or command of it")
        elif name == ARCHIVED:
            answers.ask("archive", name, lambda: check_archived(given.files))
            answers.add(
                "archive", name, NOTED, "the time-stamps behind the report are not checked: `reprise verify` does"
            )
        elif name == RENEWALS:
            answers.ask("archive", name, lambda: check_renewals(given.files))
            answers.add("archive", name, NOTED, "who signed the time-stamps is not checked: `reprise verify` does")
        else:
            answers.add("file-unbound", name, FAILED, "the attestation does not cover it")
    for name in given.ignored:
        answers.add("file-unbound", name, NOTED, "it lies beside the run and is no part of the evidence")


def check_archived(files: Mapping[str, bytes]) -> None:
    """It begins with the sealed report, byte for byte, and goes on."""
    sealed, archived = needed(files, PDF), files[ARCHIVED]
    if not archived.startswith(sealed) or len(archived) == len(sealed):
        raise Wrong("it is not the sealed report with something after it")


def check_renewals(files: Mapping[str, bytes]) -> None:
    """Each renewal is over the attestation and every renewal before it, and none is older than the one before it."""
    covered, earlier = needed(files, ATTESTATION), b""
    if not read_attestation(covered).timed:
        raise Wrong("there is no time-stamp in the attestation that it could renew")
    read = exactly(parse_json(files[RENEWALS], RENEWALS), "format timestamps", RENEWALS)
    if read["format"] != "reprise/renewals/v1" or not read["timestamps"]:
        raise Wrong("it is not a file of renewals")
    for text in read["timestamps"]:
        answer = from_base64(text)
        imprint, made = read_time_stamp(answer)
        if imprint not in {hashlib.new(name, covered).digest() for name in ("sha256", "sha384", "sha512")}:
            raise Wrong("a renewal is over other bytes than the attestation and the renewals before it")
        if made < earlier:
            raise Wrong("a renewal is older than the one before it")
        covered, earlier = covered + answer, made


def read_time_stamp(answer: bytes) -> tuple[bytes, bytes]:
    """What a `TimeStampResp` (RFC 3161) is over, as a digest, and its instant as it is written: digits, then `Z`."""
    _, token = parts(read_der(answer)[0])
    signed_data = parts(parts(parts(token)[1])[0])
    info = parts(read_der(parts(parts(signed_data[2])[1])[0].content)[0])
    return parts(info[2])[1].content, info[4].content.rstrip(b"Z")


def check_statement(files: Mapping[str, bytes], statement: Json, evidence: Json) -> None:
    """The whole statement again, from the evidence and the files: nothing is left out, nothing added."""
    covered = sorted(name for name in files if name not in (ATTESTATION, CERTIFICATE, INSTRUCTIONS, ARCHIVED, RENEWALS))
    subjects = [{"name": name, "digest": {"sha256": sha256(files[name])}} for name in covered]
    checks, journal = evidence["measurements"]["checks"], evidence["journal"]
    predicate = {
        "runId": evidence["run_id"],
        "drill": evidence["plan"]["drill"]["id"],
        "verdict": evidence["judgement"]["verdict"],
        "result": RESULTS.get(evidence["judgement"]["verdict"], "FAILED"),
        "planSha256": evidence["plan_sha256"],
        "journalLength": journal["length"],
        "journalHead": journal["head"],
        "passedTests": [check["check"] for check in checks if check["outcome"] == "ok"],
        "failedTests": [check["check"] for check in checks if check["outcome"] != "ok"],
        "catalogueVersion": evidence["mapping"]["version"],
        "versions": evidence["versions"],
        "signatureLevel": evidence["signature"]["level"],
    }
    expected = {"_type": STATEMENT_TYPE, "subject": subjects, "predicateType": PREDICATE_TYPE, "predicate": predicate}
    if statement != expected:
        raise Wrong("it is not what these files give")


def check_verdict_file(files: Mapping[str, bytes], evidence: Json) -> None:
    """`verdict.json` says of this run what the evidence says, and no more."""
    expected = {
        "format": "reprise/verdict/v1",
        "run_id": evidence["run_id"],
        "plan_sha256": evidence["plan_sha256"],
        "journal_sha256": sha256(files[JOURNAL]),
        "judgement": evidence["judgement"],
    }
    if needed(files, VERDICT) != canonical(expected):
        raise Wrong("it does not say what the evidence says")


# 6. Is the journal whole? ----------------------------------------------------------------------------------------
# journal.md. One event a line. `prev` of a line is the digest of the line before; of the first line, of the plan.

NULL = type(None)
EVENTS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "run_started": dict.fromkeys(("run_id", "plan_sha256", "requester", "reason", "change", "boot_id"), str),
    "guard_observed": {"subject": str, "check": str, "ok": bool, "detail": str},
    "guard_decided": {"allowed": bool, "reasons": list},
    "clock_measured": {"host": str, "offset_us": int, "error_us": int, "moment": str},
    "recovery_point_observed": {"id": str, "manifest_sha256": (str, NULL), "matches": bool},
    "recovery_point_taken": {"point": dict},
    "watch_started": {"watch": str, "every_us": int},
    "watch_changed": {"watch": str, "answers": bool, "sample_us": int},
    "watch_finished": {"watch": str, "samples": int, "failures": int, "late": int, "file": str, "sha256": str},
    "canary_started": {"every_us": int},
    "canary_finished": {"sent": int, "acknowledged": int, "file": str, "sha256": str},
    "canary_read": {
        **{"self_test": bool, "answered": bool, "survivors": list, "fault": str},
        **{"started_us": int, "finished_us": int},
    },
    "phase_started": {"phase": str},
    "phase_finished": {"phase": str},
    "step_started": {"step": str, "attempt": int, "self_test": bool},
    "step_finished": {"step": str, "attempt": int, "self_test": bool, "outcome": str, "reason": str},
    "task_observed": {
        **{"step": str, "attempt": int, "host": str, "task": str, "action": str, "outcome": str},
        **{"started_us": int, "finished_us": int},
    },
    "claim_made": {"step": str, "name": str, "value": (str, int, bool)},
    "playbook_finished": {
        **{"step": str, "attempt": int, "complete": bool, "exit_code": (int, NULL), "hosts": dict, "fault": str}
    },
    "probe_answered": {
        **{"step": str, "attempt": int, "self_test": bool, "answered": bool, "values": dict, "fault": str},
        **{"started_us": int, "finished_us": int},
    },
    "person_asked": {
        **{"step": str, "attempt": int, "roles": list, "barred": list},
        **{"until_us": int, "until_at": str},
    },
    "person_answered": {
        **{"step": str, "attempt": int, "person": str, "role": str, "decision": str, "values": dict, "reason": str},
        **{"answered_at": str, "signature": (str, NULL), "absent_us": int, "found_us": int},
    },
    "answer_refused": {"step": str, "attempt": int, "why": str},
    "stop_requested": {"reason": str},
    "run_interrupted": {"boot_id": str, "recovered_at": str},
    "run_finished": {},
}
"""The fields of each event, besides its `type`, that are always there: canonical form leaves no default out of them."""
LEFT_OUT: Mapping[str, Mapping[str, type]] = {"playbook_finished": {"unmatched": int}}
"""Those that are written only where they say something."""


class Line(NamedTuple):
    """One line of the journal: its number from 0, the wall clock, the monotonic clock in microseconds, the event."""

    seq: int
    at: str
    mono_us: int
    event: Json


def read_journal(content: bytes, *, genesis: str) -> list[Line]:
    """Every line, each link of the chain checked."""
    if not content.endswith(b"\n"):
        raise Wrong("the journal is empty, or its last line is cut")
    lines, expected = [], genesis
    for number, text in enumerate(content.split(b"\n")[:-1]):
        entry = exactly(parse_json(text, f"line {number}"), "seq prev at mono_us event", f"line {number}")
        if type(entry["seq"]) is not int or (entry["seq"], entry["prev"]) != (number, expected):
            raise Wrong(f"line {number} does not follow from the line before it")
        check_event(entry, number)
        lines.append(Line(number, entry["at"], entry["mono_us"], entry["event"]))
        expected = sha256(text)
    return lines


def fields_of(event: Json) -> Mapping[str, type | tuple[type, ...]] | None:
    """What an event of its type has; None: there is no such type."""
    always, sometimes = EVENTS.get(event["type"]), LEFT_OUT.get(event["type"], {})
    return always and {**always, **{name: kind for name, kind in sometimes.items() if event.get(name)}}


def check_event(entry: Json, number: int) -> None:
    """The event has the fields of its type, each of the right kind."""
    event, fields = entry["event"], fields_of(entry["event"])
    instant(entry["at"])
    if fields is None or event.keys() != {"type", *fields} or type(entry["mono_us"]) is not int:
        raise Wrong(f"line {number} is not an event of this format")
    for name, kinds in fields.items():
        if type(event[name]) not in (kinds if isinstance(kinds, tuple) else (kinds,)):
            raise Wrong(f"line {number}: {name} is of another kind")


# 7. What do the series say? --------------------------------------------------------------------------------------
# series.md. The journal carries the digest of each series that was closed; one that was not is used for nothing.

SAMPLE_COLUMNS = {"due_us": r"\d{1,16}", "started_us": r"\d{1,16}", "finished_us": r"\d{1,16}"} | {
    "answered": r"[01]",
    "fault": r"(?s:.*)",
}
MARKER_COLUMNS = {"number": r"\d{1,16}", "sent_us": r"\d{1,16}", "acknowledged_us": r"\d{0,16}", "fault": r"(?s:.*)"}


class Sample(NamedTuple):
    """One question of a watch: when it was asked and over, and whether it was answered."""

    started_us: int
    finished_us: int
    answered: bool


class Marker(NamedTuple):
    """One numbered commit of the canary: when it was sent, and when it was acknowledged, if it was."""

    number: int
    sent_us: int
    acknowledged_us: int | None


@dataclass(frozen=True)
class Run:
    """Everything that figures and verdict are computed from."""

    plan: Json
    lines: Sequence[Line]
    samples: Mapping[str, Sequence[Sample]]
    markers: Sequence[Marker]

    @property
    def drill(self) -> Json:
        """The drill, as the plan has it."""
        return self.plan["drill"]


def read_run(files: Mapping[str, bytes]) -> Run:
    """Plan, drill file, journal and series, each tied to the others by its digest."""
    plan = parse_json(needed(files, PLAN), PLAN)
    if plan["format"] != "reprise/plan/v1":
        raise Wrong("the plan is of another format")
    if sha256(needed(files, DRILL)) != plan["drill_file"]["sha256"]:
        raise Wrong("drill.yml is not the drill that the plan was made from")
    check_parameters(plan)
    lines = read_journal(needed(files, JOURNAL), genesis=sha256(files[PLAN]))
    samples: dict[str, list[Sample]] = {}
    markers: list[Marker] = []
    for line, content in closed_series(lines, files):
        if line.event["type"] == "watch_finished":
            samples[line.event["watch"]] = read_samples(content)
        else:
            markers += read_markers(content)
    return Run(plan=plan, lines=lines, samples=samples, markers=markers)


def check_parameters(plan: Json) -> None:
    """What was chosen for the run is what the drill lets be chosen: each parameter, of the kind of its default."""
    declared, values = plan["drill"].get("parameters", {}), plan.get("parameters", {})
    if sorted(declared) != sorted(values):
        raise Wrong("the plan's parameters are not those of its drill")
    for name, parameter in declared.items():
        value, default, options = values[name], parameter["default"], parameter.get("options", [])
        good = (
            value >= 0
            if type(value) is int
            else type(value) is bool or re.fullmatch(r"[^\x00-\x1f\x7f{}]{1,200}", value)
        )
        if type(value) is not type(default) or not good or (options and value not in options):
            raise Wrong(f"the plan's parameter {name} has a value that its drill does not allow")


def called(plan: Json, name: str) -> list[Json]:
    """The hosts that the drill means by a name or a group: its targets may be others in this run."""
    meant = plan.get("target", name) if name == plan["drill"].get("targets") else name
    return [host for host in plan["hosts"] if meant in (host["name"], *host["groups"])]


def closed_series(lines: Sequence[Line], files: Mapping[str, bytes]) -> Iterator[tuple[Line, bytes]]:
    """Each series that the journal closed, as it was then."""
    for line in lines:
        if line.event["type"] in ("watch_finished", "canary_finished"):
            name = line.event["file"]
            if sha256(needed(files, name)) != line.event["sha256"]:
                raise Wrong(f"{name} is not the file that line {line.seq} of the journal closed")
            yield line, files[name]


def read_samples(content: bytes) -> list[Sample]:
    """The samples of a watch."""
    rows = read_rows(content, SAMPLE_COLUMNS)
    return [Sample(int(start), int(end), answered == "1") for _, start, end, answered, _ in rows]


def read_markers(content: bytes) -> list[Marker]:
    """The markers of a canary."""
    rows = read_rows(content, MARKER_COLUMNS)
    return [Marker(int(number), int(sent), int(ack) if ack else None) for number, sent, ack, _ in rows]


def read_rows(content: bytes, columns: Mapping[str, str]) -> list[list[str]]:
    """The rows below the header. Digits are ASCII digits; a last line without a line feed was never closed."""
    text = content.decode("utf-8")
    header, *rows = csv.reader(line + "\n" for line in text.split("\n")[:-1])
    if header != list(columns):
        raise Wrong(f"a series does not begin with {','.join(columns)}")
    for number, row in enumerate(rows, start=2):
        fits = len(row) == len(columns) and all(map(re.fullmatch, columns.values(), row, [re.ASCII] * len(row)))
        if not fits:
            raise Wrong(f"line {number} of a series is not {','.join(columns)}")
    return rows


# 8. Does the evidence say what the journal says? --------------------------------------------------------------------
# evidence.md. The report prints nothing but the evidence, so what is quoted there must be in the journal.

QUOTED_ONCE = {
    "request": "run_started",
    "decision": "guard_decided",
    "recovery_point": "recovery_point_observed",
    "recovery_point_taken": "recovery_point_taken",
}
QUOTED = {
    "guard": "guard_observed",
    "clocks": "clock_measured",
    "claims": "claim_made",
    "stops": "stop_requested",
    "interruptions": "run_interrupted",
}
QUOTED_OF_PEOPLE = {"asked": "person_asked", "answers": "person_answered", "refused_answers": "answer_refused"}
"""In the evidence only where there are such events."""
NOT_COMPUTED = ("mapping", "versions", "language")
"""The catalogue's words, the program's versions and the language: the product's own, which nothing here knows."""


def check_bound(files: Mapping[str, bytes], run: Run, evidence: Json) -> str:
    """The evidence names this plan and this journal, by length, head and digest."""
    journal, last = evidence["journal"], files[JOURNAL].split(b"\n")[-2]
    expected = {
        "length": len(run.lines),
        "head": sha256(last),
        "sha256": sha256(files[JOURNAL]),
        "started_at": run.lines[0].at,
        "ended_at": run.lines[-1].at,
    }
    if journal != expected:
        raise Wrong("it is about another journal")
    named = (evidence["format"], evidence["run_id"], evidence["plan_sha256"], evidence["plan"])
    if named != ("reprise/evidence/v1", run.plan["run_id"], sha256(files[PLAN]), run.plan):
        raise Wrong("it is about another plan")
    return f"{len(run.lines)} lines"


def check_quotations(files: Mapping[str, bytes], run: Run, evidence: Json) -> None:
    """Every part of the evidence that repeats plan, journal or series, made again."""
    expected: dict[str, Json] = {name: next(quotations(run, kind), None) for name, kind in QUOTED_ONCE.items()}
    expected |= {name: list(quotations(run, kind)) for name, kind in QUOTED.items()}
    # Of several points that were seen again, the first that was not what it had been.
    changed = (seen for seen in quotations(run, "recovery_point_observed") if not seen["event"]["matches"])
    expected["recovery_point"] = next(changed, expected["recovery_point"])
    expected |= {
        "series": list(series(files, run)),
        "watches": list(watches(run)),
        "canary": canary(run),
        "tasks": list(tasks(run)),
    }
    said_by_people = {name: list(quotations(run, kind)) for name, kind in QUOTED_OF_PEOPLE.items()}
    differing = [name for name, value in expected.items() if evidence.get(name) != value]
    differing += [name for name, value in said_by_people.items() if evidence.get(name, []) != value]
    if differing:
        raise Wrong(f"it differs in {', '.join(differing)}")
    scanned = [{"name": name, "sha256": sha256(files[name])} for name in sorted(sources(files))]
    if evidence["scan"]["files"] != scanned or evidence["scan"]["hits"] != 0:
        raise Wrong("it says that other files were scanned for health data and secrets")


def quotations(run: Run, kind: str) -> Iterator[Json]:
    """Every event of a type, with the number of its line."""
    return ({"line": line.seq, "event": line.event} for line in run.lines if line.event["type"] == kind)


def series(files: Mapping[str, bytes], run: Run) -> Iterator[Json]:
    """The series in the order in which they were closed, then those that never were."""
    closed = [line.event for line, _ in closed_series(run.lines, files)]
    for event in closed:
        yield {"file": event["file"], "sha256": event["sha256"], "watch": event.get("watch"), "in_journal": True}
    for name in sorted(name for name in files if name.startswith(SERIES)):
        if name not in [event["file"] for event in closed]:
            yield {"file": name, "sha256": sha256(files[name]), "watch": None, "in_journal": False}


def watches(run: Run) -> Iterator[Json]:
    """How each watch did its work."""
    periods = {line.event["watch"]: line.event["every_us"] for line in of_type(run.lines, "watch_started")}
    for line in of_type(run.lines, "watch_finished"):
        counts = {name: line.event[name] for name in ("watch", "samples", "failures", "late")}
        yield counts | {"every_us": periods.get(line.event["watch"], 0)}


def canary(run: Run) -> Json:
    """What the canary sent and what was read back of it."""
    finished = of_type(run.lines, "canary_finished")
    if not finished:
        return None
    reads, trials = canary_reads(run.lines), of_type(run.lines, "canary_read", self_test=True)
    return {
        "sent": finished[-1].event["sent"],
        "acknowledged": finished[-1].event["acknowledged"],
        "survivors": reads[-1].event["survivors"] if reads else None,
        "empty_before": not trials[-1].event["survivors"] if trials else None,
    }


def tasks(run: Run) -> Iterator[Json]:
    """How many Ansible tasks of each step were seen."""
    for step in run.drill["steps"]:
        outcomes = [line.event["outcome"] for line in of_type(run.lines, "task_observed", step=step["id"])]
        if outcomes:
            failed = outcomes.count("failed") + outcomes.count("unreachable")
            counts = {"tasks": len(outcomes), "changed": outcomes.count("changed"), "failed": failed}
            yield {"step": step["id"], **counts}


# 9. Did the key seal this PDF, every byte of it? --------------------------------------------------------------------
# evidence.md, "PDF". The signature is a CMS container (RFC 5652) in hexadecimal digits; `/ByteRange` says what it
# covers: all of the file but those digits. What no signature covers in the container itself is written again here.

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
OCTETS, SEQUENCE, SET, CONTEXT_0, CONTEXT_1 = 0x04, 0x30, 0x31, 0xA0, 0xA1
DER_NULL, VERSION_1 = bytes.fromhex("0500"), bytes.fromhex("020101")
SIGNED_DATA, PLAIN_DATA = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")
CONTENT_TYPE, MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010903"), bytes.fromhex("06092a864886f70d010904")
TIME_STAMP = bytes.fromhex("060b2a864886f70d010910020e")
DIGESTS = {
    bytes.fromhex("0609608648016503040201"): "sha256",
    bytes.fromhex("0609608648016503040202"): "sha384",
    bytes.fromhex("0609608648016503040203"): "sha512",
}
ECDSA_WITH = {"sha256": "06082a8648ce3d040302", "sha384": "06082a8648ce3d040303", "sha512": "06082a8648ce3d040304"}
RSA_WITH = {"sha256": "06092a864886f70d01010b", "sha384": "06092a864886f70d01010c", "sha512": "06092a864886f70d01010d"}
ED25519 = bytes.fromhex("06032b6570")


class Tlv(NamedTuple):
    """One DER value: its tag, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes


def der(tag: int, *contents: bytes) -> bytes:
    """One DER value of its parts."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def read_der(data: bytes) -> tuple[Tlv, bytes]:
    """The first value, and what follows it."""
    size, at = data[1], 2
    if size >= 0x80:
        at = 2 + (size & 0x7F)
        size = int.from_bytes(data[2:at], "big")
    whole = data[: at + size]
    read = Tlv(data[0], whole[at:], whole)
    if der(read.tag, read.content) != whole or len(whole) != at + size:
        raise Wrong("its signature is not DER")
    return read, data[at + size :]


def parts(value: Tlv) -> list[Tlv]:
    """The values inside of one."""
    found, rest = [], value.content
    while rest:
        part, rest = read_der(rest)
        found.append(part)
    return found


def split_pdf(pdf: bytes) -> tuple[bytes, bytes]:
    """What the signature covers, and its container: one signature, over every byte but its own digits."""
    ranges = BYTE_RANGE.findall(pdf)
    if len(ranges) != 1:
        raise Wrong(f"it has {len(ranges)} signatures instead of one; of an archived report, give the report itself")
    start, length, resumed, rest = map(int, ranges[0])
    if start != 0 or length >= resumed or resumed + rest != len(pdf):
        raise Wrong(f"the signature covers {resumed + rest} of {len(pdf)} bytes")
    digits = re.fullmatch(rb"<([0-9A-F]*)>", pdf[length:resumed])
    if digits is None:
        raise Wrong("the signature's container is not as it is written")
    return pdf[:length] + pdf[resumed:], bytes.fromhex(digits[1].decode())


@dataclass(frozen=True)
class Container:
    """The parts of a CMS container that somebody else than the key's holder could have chosen."""

    digest_algorithm: Tlv
    certificates: Sequence[Tlv]
    signed_attributes: Tlv
    signature: Tlv
    unsigned: Sequence[Tlv]


def read_container(content: bytes, certificate: x509.Certificate) -> Container:
    """Take a container apart, and make sure that it holds nothing but these parts, down to the last byte."""
    whole, padding_bytes = read_der(content)
    signed_data = parts(parts(parts(whole)[1])[0])
    (signer,) = parts(signed_data[4])
    _, _, algorithm, attributes, _, signature, *unsigned = parts(signer)
    read = Container(algorithm, parts(signed_data[3]), attributes, signature, unsigned)
    if whole.whole != write_container(read, certificate) or padding_bytes.strip(b"\0"):
        raise Wrong("its container is not what the holder of the trusted certificate's key writes")
    return read


def write_container(read: Container, certificate: x509.Certificate) -> bytes:
    """The container again: who signed is taken from the trusted certificate, and no tag of it from what was read."""
    body = parts(parts(read_der(certificate.public_bytes(serialization.Encoding.DER))[0])[0])
    serial, issuer = body[1].whole, body[3].whole
    algorithm = read.digest_algorithm.whole
    signer = der(
        SEQUENCE,
        VERSION_1,
        der(SEQUENCE, issuer, serial),
        algorithm,
        der(CONTEXT_0, read.signed_attributes.content),
        mechanism(certificate.public_key(), digest_name(read.digest_algorithm)),
        der(OCTETS, read.signature.content),
        *(der(CONTEXT_1, part.content) for part in read.unsigned),
    )
    certificates = der(CONTEXT_0, *(one.whole for one in read.certificates))
    content = (VERSION_1, der(SET, algorithm), der(SEQUENCE, PLAIN_DATA), certificates, der(SET, signer))
    return der(SEQUENCE, SIGNED_DATA, der(CONTEXT_0, der(SEQUENCE, *content)))


def digest_name(algorithm: Tlv) -> str:
    """The digest that an algorithm identifier names."""
    for oid, name in DIGESTS.items():
        if algorithm.whole == der(SEQUENCE, oid, DER_NULL):
            return name
    raise Wrong("its digest is none of SHA-256, SHA-384, SHA-512")


def mechanism(key: object, digest: str) -> bytes:
    """The identifier of the signature algorithm that goes with a key and a digest."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return der(SEQUENCE, bytes.fromhex(ECDSA_WITH[digest]))
    if isinstance(key, rsa.RSAPublicKey):
        return der(SEQUENCE, bytes.fromhex(RSA_WITH[digest]), DER_NULL)
    return der(SEQUENCE, ED25519)


def check_seal_parts(container: Container, certificate: x509.Certificate, stated: Json) -> None:
    """The container holds the certificates that the evidence names, and a time-stamp where it says so; no more."""
    held = [one.whole for one in container.certificates]
    if sorted(map(sha256, held)) != sorted([fingerprint(certificate), *stated["chain_sha256"]]) or held != sorted(held):
        raise Wrong("it holds other certificates than the evidence says")
    stamped = [parts(one)[0].whole for part in container.unsigned for one in parts(part)]
    if stamped != ([] if stated["authority"] is None else [TIME_STAMP]):
        raise Wrong("its time-stamp is missing, or it holds one that the evidence does not name, or something else")


def check_seal(pdf: bytes, certificate: x509.Certificate) -> Container:
    """The signed attributes hold the digest of the file, and the trusted key signed them."""
    covered, content = split_pdf(pdf)
    container = read_container(content, certificate)
    digest = digest_name(container.digest_algorithm)
    stated = [tuple(part.whole for part in parts(one)) for one in parts(container.signed_attributes)]
    wanted = der(OCTETS, hashlib.new(digest, covered).digest())
    for attribute in ((CONTENT_TYPE, der(SET, PLAIN_DATA)), (MESSAGE_DIGEST, der(SET, wanted))):
        if stated.count(attribute) != 1 or [name for name, *_ in stated].count(attribute[0]) != 1:
            raise Wrong("the file is not the one that was sealed")
    if not is_signed(
        der(SET, container.signed_attributes.content), container.signature.content, by=certificate, digest=digest
    ):
        raise Wrong("the trusted certificate's key did not seal it")
    return container


# 10. What is attached to the PDF? ------------------------------------------------------------------------------------
# evidence.md, "PDF". A reader for the PDFs of the product and no others: cross-reference tables, no object streams, no
# encryption, attachments in one list. Anything else is refused, since two readers may see two files in it.

BLANK = rb"(?:[\x00\t\n\x0c\r ]|%[^\r\n]*[\r\n])*"
ENDS = rb"(?=[\x00\t\n\x0c\r ()<>\[\]{}/%]|$)"
NUMBER = rb"[+-]?(?:\d+\.?\d*|\.\d+)"
NAME = rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*"
VALUE = re.compile(
    BLANK + rb"(?:(?P<reference>\d+ \d+ R)" + ENDS + rb"|(?P<number>" + NUMBER + rb")" + ENDS + rb"|(?P<name>" + NAME
    + rb")|<(?P<digits>[0-9A-Fa-f\s]*)>|(?P<dictionary><<)|(?P<array>\[)|(?P<text>\()|(?P<word>true|false|null)"
    + ENDS + rb")"
)  # fmt: skip
DEEPEST = 50
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Name(str):
    """A PDF name, without its stroke."""

    __slots__ = ()


class Reference(NamedTuple):
    """A PDF object, by its number."""

    number: int
    generation: int


class PdfFile:
    """The objects of a PDF, found by its cross-reference tables. Of two of the same number, the later one counts."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.places: dict[Reference, int] = {}
        self.trailers: list[dict[str, Any]] = []
        start = re.search(rb"startxref\s+(\d{1,12})\s+%%EOF\s*\Z", content)
        if start is None:
            raise Wrong("it does not end as a PDF")
        self._read_tables(int(start[1]))

    def _read_tables(self, at: int) -> None:
        seen: set[int] = set()
        hidden: set[int] = set()
        following: Any = at
        while following is not None:
            if type(following) is not int or following in seen:
                raise Wrong("its cross-reference tables go round in a circle")
            seen.add(following)
            trailer = self._read_table(following, hidden)
            self.trailers.append(trailer)
            following = trailer.get("Prev")

    def _read_table(self, at: int, hidden: set[int]) -> dict[str, Any]:
        """One table, from the newest to the oldest: an object of the `hidden` numbers has a newer place already."""
        head = re.compile(rb"xref\s+").match(self.content, at)
        if head is None:
            raise Wrong("it has no cross-reference table where it says so")
        place, numbers = head.end(), []
        section = re.compile(rb"(\d{1,10}) (\d{1,10})[ \r]*\n")
        while found := section.match(self.content, place):
            first, count = int(found[1]), int(found[2])
            place = found.end() + 20 * count
            for index in range(min(count, len(self.content) // 20)):
                row = self.content[found.end() + 20 * index :][:20]
                entry = re.fullmatch(rb"(\d{10}) (\d{5}) ([nf])(?: \r| \n|\r\n)", row)
                if entry is None:
                    raise Wrong("its cross-reference table is not as it must be")
                numbers.append(first + index)
                if entry[3] == b"n" and first + index not in hidden:
                    self.places[Reference(first + index, int(entry[2]))] = int(entry[1])
        hidden.update(numbers)
        after = re.compile(rb"trailer" + BLANK).match(self.content, place)
        if after is None:
            raise Wrong("its cross-reference table has no trailer")
        trailer, _ = self.read(after.end())
        return dict(trailer)

    def read(self, at: int, depth: int = 0) -> tuple[Any, int]:
        """The value at a place, and where it ends."""
        found = VALUE.match(self.content, at)
        if found is None or depth > DEEPEST:
            raise Wrong("it holds something that is no PDF value")
        kind, end = str(found.lastgroup), found.end()
        if kind == "text":
            return self._text(end)
        if kind == "array":
            return self._until(end, rb"\]", depth)
        if kind == "dictionary":
            values, end = self._until(end, rb">>", depth)
            return self._pairs(values), end
        return simple_value(kind, found[kind]), end

    def _until(self, at: int, end: bytes, depth: int) -> tuple[list[Any], int]:
        values, closing = [], re.compile(BLANK + end)
        while (closed := closing.match(self.content, at)) is None:
            value, at = self.read(at, depth + 1)
            values.append(value)
        return values, closed.end()

    @staticmethod
    def _pairs(values: Sequence[Any]) -> dict[str, Any]:
        keys = values[0::2]
        if len(values) % 2 or not all(isinstance(key, Name) for key in keys) or len(set(keys)) != len(keys):
            raise Wrong("it holds a dictionary with a name twice")
        return dict(zip(keys, values[1::2], strict=True))

    def _text(self, at: int) -> tuple[bytes, int]:
        """A text in brackets, which may hold brackets in pairs."""
        found, open_brackets = b"", 1
        piece = re.compile(rb"([^()\\]+)|\\([0-7]{1,3})|\\(\r\n|.)|([()])", re.DOTALL)
        while open_brackets:
            part = piece.match(self.content, at)
            if part is None:
                raise Wrong("it holds a text without an end")
            plain, octal, escaped, bracket = part.groups()
            open_brackets += {b"(": 1, b")": -1}.get(bracket, 0)
            found += plain or b""
            found += bytes([int(octal, 8) & 0xFF]) if octal else b""
            found += (b"" if escaped in (b"\n", b"\r", b"\r\n") else ESCAPES.get(escaped, escaped)) if escaped else b""
            found += bracket if bracket and open_brackets else b""
            at = part.end()
        return found, at

    def get(self, value: Any) -> Any:
        """The value itself, where a reference stands for it."""
        return self.object(value)[0] if isinstance(value, Reference) else value

    def object(self, reference: Reference) -> tuple[Any, int]:
        """The value of an object, and where it ends."""
        if reference not in self.places:
            raise Wrong(f"it has no object {reference.number}")
        head = re.compile(rb"%d %d obj" % reference).match(self.content, self.places[reference])
        if head is None:
            raise Wrong(f"object {reference.number} is not where its cross-reference table says")
        return self.read(head.end())

    def stream(self, reference: Reference) -> bytes:
        """The content of a stream, decompressed."""
        described, end = self.object(reference)
        begin = re.compile(rb"\s*stream\r?\n").match(self.content, end)
        size = self.get(described["Length"])
        if begin is None or not re.compile(rb"\s*endstream").match(self.content, begin.end() + size):
            raise Wrong(f"object {reference.number} is not a whole stream")
        content = self.content[begin.end() : begin.end() + size]
        if described.keys() & {"DecodeParms", "F", "FFilter", "Crypt"} or described.get("Filter") != "FlateDecode":
            raise Wrong(f"object {reference.number} is packed in a way that is not used here")
        unpacker = zlib.decompressobj()
        unpacked = unpacker.decompress(content, LARGEST_BYTES)
        if not unpacker.eof or unpacker.unused_data.strip():
            raise Wrong(f"object {reference.number} is not one whole compressed file")
        return unpacked


def simple_value(kind: str, text: bytes) -> Any:
    """A PDF value that holds no other."""
    if kind == "reference":
        return Reference(*map(int, text.split()[:2]))
    if kind == "number":
        return float(text) if b"." in text else int(text)
    if kind == "name":
        return Name(re.sub(rb"#(..)", lambda code: bytes.fromhex(code[1].decode()), text[1:]).decode())
    if kind == "digits":
        packed = b"".join(text.split())
        return bytes.fromhex((packed + b"0" * (len(packed) % 2)).decode())
    return {b"true": True, b"false": False, b"null": None}[text]


def read_attachments(pdf: bytes) -> dict[str, bytes]:
    """The files inside of a PDF, by their names."""
    file = PdfFile(pdf)
    if any("Encrypt" in trailer or "XRefStm" in trailer for trailer in file.trailers):
        raise Wrong("it is encrypted, or has two tables of cross-references")
    tree = file.get(file.get(file.get(file.get(file.trailers[0]["Root"])["Names"])["EmbeddedFiles"]))
    if tree.keys() != {"Names"}:
        raise Wrong("its attachments are not in one list")
    names, attached = file.get(tree["Names"]), {}
    for name, reference in zip(names[0::2], names[1::2], strict=True):
        described = file.get(reference)
        if not name == described["F"] == described["UF"] or name.decode("ascii") in attached:
            raise Wrong("an attachment has two names, or two have one")
        attached[name.decode("ascii")] = file.stream(file.get(described["EF"])["F"])
    return attached


def check_attachments(files: Mapping[str, bytes], *, evidence: Json) -> str:
    """Inside of the PDF are the evidence and the run's own files, and nothing else."""
    attached = read_attachments(needed(files, PDF))
    names = {PLAN, JOURNAL, DRILL, EVIDENCE, *(one["file"] for one in evidence["series"])}
    expected = {name.replace("/", "-"): needed(files, name) for name in names}
    if attached != expected:
        differing = sorted(name for name in attached.keys() | expected if attached.get(name) != expected.get(name))
        raise Wrong(f"not the files of the run: {', '.join(differing)}")
    return f"{len(attached)} files"


# 11. Is the run in the register? -----------------------------------------------------------------------------------
# attestation.md, "Register". The evidence carries the run's two entries, each with its inclusion proof (RFC 6962) in
# the tree of a checkpoint, and the checkpoint, a signed note (C2SP). Two reports whose checkpoints contradict each
# other show that there are two registers.


class Checkpoint(NamedTuple):
    """The head of the register when the run was sealed: whose, how many entries, and the root of their tree."""

    origin: str
    size: int
    root: bytes


def read_checkpoint(note: str) -> Checkpoint:
    """The body of the note: origin, number of entries, root in base64, and no further line."""
    if note_body(note).count("\n") != 3:
        raise Wrong("its checkpoint is not one")
    origin, size, root, _ = note_body(note).split("\n")
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size) or len(from_base64(root)) != 32:
        raise Wrong("its checkpoint is not one")
    return Checkpoint(origin, int(size), from_base64(root))


def note_body(note: str) -> str:
    """What is signed of a note: everything before the blank line in front of the signatures, its line feed included."""
    body, blank, _ = note.rpartition("\n\n")
    if not blank:
        raise Wrong("its checkpoint has no signature")
    return body + "\n"


def is_note_signed(note: str, key: ed25519.Ed25519PublicKey) -> bool:
    """Whether this key signed: `— NAME BASE64(key id, 4 bytes; signature, 64 bytes)`, and no such line is false."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    signed = []
    for line in note.rpartition("\n\n")[2].splitlines():
        signature = re.fullmatch(r"\u2014 (\S+) (\S+)", line)
        if signature is None:
            raise Wrong("its checkpoint has a line that is no signature")
        content = from_base64(signature[2])
        identifier = hashlib.sha256(signature[1].encode() + b"\n\x01" + raw).digest()[:4]
        if content[:4] == identifier:
            signed.append(verifies(key, note_body(note).encode(), content[4:], digest=hashes.SHA256()))
    return any(signed) and all(signed)


def is_included(entry: bytes, *, index: int, hashes_up: Sequence[bytes], checkpoint: Checkpoint) -> bool:
    """RFC 9162, section 2.1.3.2: whether the proof leads from this entry, at this index, to the root."""
    if not 0 <= index < checkpoint.size:
        return False
    place, last, node = index, checkpoint.size - 1, hashlib.sha256(b"\0" + entry).digest()
    for beside in hashes_up:
        if last == 0:
            return False
        if place % 2 or place == last:
            node = hashlib.sha256(b"\1" + beside + node).digest()
            while place and place % 2 == 0:
                place, last = place >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + beside).digest()
        place, last = place >> 1, last >> 1
    return last == 0 and node == checkpoint.root


def check_register(answers: Answers, evidence: Json, run: Run, trust: Trust) -> None:
    """Both entries are in the tree of the checkpoint, say what this evidence says, and the register's key signed it."""
    register, key = evidence.get("registration"), trust.register_key
    if register is None:
        status = NOTED if trust.without_register else FAILED
        answers.add("register", EVIDENCE, status, "the evidence carries no proof of it")
        return
    answers.ask("register", "its proof", lambda: check_entries(register, evidence, run))
    if key is None:
        answers.add("register", "its checkpoint", NOTED, "not checked: no --register-key was given")
    else:
        signed = is_note_signed(register["checkpoint"], key)
        answers.compare("register", "its checkpoint", same=signed, otherwise="the register's key did not sign it")
    timed = "there is one on the checkpoint: check it with `openssl ts -verify`" if register["timestamp"] else "none"
    answers.add("time-stamp", "the register's checkpoint", NOTED, timed)


def check_entries(register: Json, evidence: Json, run: Run) -> str:
    """The two entries and their proofs."""
    exactly(register, "started ended checkpoint timestamp", "register")
    checkpoint = read_checkpoint(register["checkpoint"])
    journal, begun = evidence["journal"], {"run_id": run.plan["run_id"], "plan_sha256": evidence["plan_sha256"]}
    ended = begun | {
        "verdict": evidence["judgement"]["verdict"],
        "journal_length": journal["length"],
        "journal_head": journal["head"],
        "journal_sha256": journal["sha256"],
    }
    check_entry(register["started"], checkpoint, kind="drill_started", says=begun)
    check_entry(register["ended"], checkpoint, kind="drill_ended", says=ended)
    first, last = register["started"]["entry"]["seq"], register["ended"]["entry"]["seq"]
    if first >= last:
        raise Wrong("its end is entered before its beginning")
    return f"entries {first} and {last} of {checkpoint.size}"


def check_entry(proof: Json, checkpoint: Checkpoint, *, kind: str, says: Mapping[str, Json]) -> None:
    """One entry: what it says, and where it is in the tree. The tree's leaf is its line, without the line feed."""
    entry = exactly(exactly(proof, "entry hashes", "register")["entry"], "seq prev at event", "register")
    stated = {name: entry["event"].get(name) for name in says}
    if entry["event"]["type"] != kind or stated != says or type(entry["seq"]) is not int:
        raise Wrong(f"its {kind} entry is about something else")
    if not all(re.fullmatch(r"[0-9a-f]{64}", text) for text in proof["hashes"]):
        raise Wrong("its proof has a hash that is none")
    hashes_up = [bytes.fromhex(text) for text in proof["hashes"]]
    if not is_included(canonical(entry), index=entry["seq"], hashes_up=hashes_up, checkpoint=checkpoint):
        raise Wrong(f"its {kind} entry is not in the register of that checkpoint")


# 12. What do plan, journal and series come to? ---------------------------------------------------------------------
# measurements.md, sections 1 to 5, in that order.


class Interval(NamedTuple):
    """Two bounds that the true value lies between. Microseconds, or a count. `upper` None: nothing bounds it."""

    lower: int
    upper: int | None

    def since(self, earlier: "Interval") -> "Interval":
        """The time from an earlier instant to this one, with both uncertainties, never below zero."""
        lower = 0 if earlier.upper is None else max(0, self.lower - earlier.upper)
        upper = None if self.upper is None else max(0, self.upper - earlier.lower)
        return Interval(lower, upper)


class Point(NamedTuple):
    """One instant of the timeline, and the word that says what it rests on; of T0, the line it is dated by."""

    at: Interval
    basis: str
    line: int = 0


def exactly_at(at_us: int, basis: str, line: int = 0) -> Point:
    """An instant that one line of the journal fixes."""
    return Point(Interval(at_us, at_us), basis, line)


def of_type(lines: Iterable[Line], kind: str, **fields: Json) -> list[Line]:
    """Every line whose event is of a type, and has these values."""
    return [
        line
        for line in lines
        if line.event["type"] == kind and all(line.event[name] == value for name, value in fields.items())
    ]


def canary_reads(lines: Sequence[Line]) -> list[Line]:
    """Every time that markers were read back after the recovery."""
    return of_type(lines, "canary_read", self_test=False, answered=True)


def before_interruption(lines: Sequence[Line]) -> Sequence[Line]:
    """What was written before the orchestrator died: after a reboot the monotonic clock is another one."""
    cuts = of_type(lines, "run_interrupted")
    return lines[: cuts[0].seq] if cuts else lines


# measurements.md, 1: steps and checks, over the whole journal.


def step_result(run: Run, step: Json) -> Json:
    """How a step ended, over all of its attempts. A start without an end after it is an end that nobody knows."""
    started = of_type(run.lines, "step_started", step=step["id"], self_test=False)
    finished = of_type(run.lines, "step_finished", step=step["id"], self_test=False)
    ended = bool(started and finished) and finished[-1].seq > started[-1].seq
    return {
        "step": step["id"],
        "phase": step["phase"],
        "outcome": step_outcome(run, step, finished[-1].event["outcome"]) if ended else "unknown",
        "attempts": len(started),
        "started_us": started[0].mono_us if started else None,
        "finished_us": finished[-1].mono_us if ended else None,
    }


def step_outcome(run: Run, step: Json, written: str) -> str:
    """Never better than what was written down, and only as good as what was observed."""
    if written != "ok":
        return written
    if person_question(step):
        return person_outcome(run, step)
    return playbook_outcome(run, step) if "playbook" in step else probe_outcome(run, step, self_test=False)


def playbook_outcome(run: Run, step: Json) -> str:
    """What the last end of the step's playbook proves; Ansible's exit code alone proves nothing."""
    finished = of_type(run.lines, "playbook_finished", step=step["id"])
    if not finished or not finished[-1].event["complete"] or finished[-1].event["exit_code"] is None:
        return "unknown"
    tallies = finished[-1].event["hosts"].values()
    if any(tally["unreachable"] or tally["failures"] for tally in tallies):
        return "failed"
    whole = finished[-1].event["exit_code"] == 0 and not finished[-1].event.get("unmatched")
    return "ok" if whole and any(tally["ok"] for tally in tallies) else "unknown"


def person_outcome(run: Run, step: Json) -> str:
    """What the last answer comes to, if it may be taken: in time, by whoever may, signed where that is asked for."""
    asked = of_type(run.lines, "person_asked", step=step["id"])
    answers = of_type(run.lines, "person_answered", step=step["id"])
    if not asked or not answers or answers[-1].seq < asked[-1].seq:
        return "unknown"
    answer, barred = answers[-1].event, set(asked[-1].event["barred"])
    barred |= {line.event["requester"] for line in of_type(run.lines, "run_started")[:1]}
    if answer["found_us"] > asked[-1].event["until_us"] or not may_answer(run, step, answer, barred=barred):
        return "unknown"
    if answer["decision"] not in ("done", "granted"):
        return "failed"
    wanted = {name: one["expect"] for name, one in person_question(step)["values"].items() if one["expect"]}
    return "ok" if all(meets(answer["values"][name], bounds) for name, bounds in wanted.items()) else "failed"


def probe_outcome(run: Run, step: Json, *, self_test: bool) -> str:
    """Whether the step's last answer is what the step expects."""
    answers, expected = of_type(run.lines, "probe_answered", step=step["id"], self_test=self_test), step["expect"]
    if not answers:
        return "unknown"
    answer = answers[-1].event
    if self_test and step.get("control") is not None and not is_as_known(run, step["control"]["expect"], answer):
        return "unknown"
    if expected is None or not expected["answered"] or not answer["answered"]:
        wanted = expected is None or expected["answered"]
        return "ok" if answer["answered"] == wanted else "failed"
    return compared_outcome(run, expected, answer["values"])


def is_as_known(run: Run, known: Json, answer: Json) -> bool:
    """Whether what the self-test was asked about is what it should be: something that is known to be wrong."""
    if not known["answered"] or not answer["answered"]:
        return bool(answer["answered"] == known["answered"])
    return compared_outcome(run, known, answer["values"]) == "ok"


def compared_outcome(run: Run, expected: Json, values: Json) -> str:
    """Value by value, and as a whole against the earlier step that `same_as` names."""
    if expected["same_as"] is not None:
        earlier = of_type(run.lines, "probe_answered", step=expected["same_as"], self_test=False)
        if not earlier or not earlier[-1].event["answered"]:
            return "unknown"
        if canonical(earlier[-1].event["values"]) != canonical(values):
            return "failed"
    fits = all(name in values and meets(values[name], wanted) for name, wanted in expected["values"].items())
    return "ok" if fits else "failed"


def meets(value: Json, wanted: Json) -> bool:
    """Every bound that is given holds. `true` is not 1, and text is no number."""
    counts = type(value) is int
    return (
        (wanted["equals"] is None or canonical(wanted["equals"]) == canonical(value))
        and (wanted["at_least"] is None or (counts and value >= wanted["at_least"]))
        and (wanted["at_most"] is None or (counts and value <= wanted["at_most"]))
    )


def checks_of(run: Run) -> list[Json]:
    """The checks: the probe steps of phase verify."""
    return [step for step in run.drill["steps"] if step["phase"] == "verify" and "probe" in step]


def check_result(run: Run, check: Json, steps: Sequence[Json]) -> Json:
    """What a check saw, and whether it was seen to fail where it must."""
    answers = of_type(run.lines, "probe_answered", step=check["id"], self_test=False)
    tested = probe_outcome(run, check, self_test=True)
    return {
        "check": check["id"],
        "severity": check["severity"],
        "outcome": next(step["outcome"] for step in steps if step["step"] == check["id"]),
        "observed": answers[-1].event["values"] if answers else {},
        "can_fail": {"failed": True, "ok": False, "unknown": None}[tested],
    }


# people.md: who may answer, and whose signature it is.

ANSWERS = {"task": ("done", "not-done"), "approval": ("granted", "refused")}
NAMESPACE = b"reprise"


def person_question(step: Json) -> Json:
    """What a step asks of people; None of a step that a machine carries out."""
    return step.get("task") or step.get("approval")


def people_alone(drill: Json) -> bool:
    """Whether a drill acts on no host at all."""
    others = [drill.get("targets"), *drill["touches"], *drill["watch"], drill["canary"], drill["recovery_point"]]
    return not any(others) and all(person_question(step) for step in drill["steps"])


def may_answer(run: Run, step: Json, answer: Json, *, barred: set[str]) -> bool:
    """The role, the kind of answer, its values, the reason, who it was: everything that is asked for is there."""
    question, kind = person_question(step), "task" if step.get("task") else "approval"
    positive = answer["decision"] == ANSWERS[kind][0]
    silent = positive and kind == "task" and question.get("marks") != "debrief"
    return (
        answer["role"] in question["roles"]
        and answer["decision"] in ANSWERS[kind]
        and (silent or bool(answer["reason"].strip()))
        and (not positive or has_values(answer["values"], question["values"]))
        and is_known(run, question, answer, barred=barred)
    )


def has_values(values: Json, asked: Json) -> bool:
    """Each value that is asked for, and no other: one of the options, or a whole number."""
    return values.keys() == asked.keys() and all(
        values[name] in wanted["options"] if wanted["options"] else type(values[name]) is int
        for name, wanted in asked.items()
    )


def is_known(run: Run, question: Json, answer: Json, *, barred: set[str]) -> bool:
    """Who answered is proved where that is asked for, has the role, and is not one whom separation keeps out."""
    person = next((one for one in run.plan.get("people", []) if one["id"] == answer["person"]), None)
    names = {name.casefold() for name in (person or {"accounts": []})["accounts"]} | {answer["person"].casefold()}
    if question.get("not_by") and names & {name.casefold() for name in barred}:
        return False
    if answer["signature"] is None:
        return not question["identified"]
    if person is None or answer["role"] not in person["roles"]:
        return False
    message = canonical(statement(run, answer))
    return any(is_signed_by_person(message, answer["signature"], key=key) for key in person["keys"])


def statement(run: Run, answer: Json) -> Json:
    """What the person signed, made again from the journal: of this run, this plan and this step only."""
    said = ("step", "person", "role", "decision", "values", "reason", "answered_at")
    head = {"format": "reprise/answer/v1", "run_id": run.plan["run_id"], "plan_sha256": sha256(canonical(run.plan))}
    return head | {name: answer[name] for name in said}


def is_signed_by_person(message: bytes, signature: str, *, key: str) -> bool:
    """An SSH signature (OpenSSH's PROTOCOL.sshsig) of a message, by a public key in OpenSSH's form."""
    blob = from_base64(signature)
    if blob[:10] != b"SSHSIG" + (1).to_bytes(4, "big"):
        raise Wrong("a person's signature is no SSH signature")
    public, namespace, reserved, digest, inner = wire_strings(blob[10:])
    algorithm, value = wire_strings(inner)
    if public != from_base64(key.split(" ")[1]) or namespace != NAMESPACE or digest not in (b"sha256", b"sha512"):
        return False
    parts = (namespace, reserved, digest, hashlib.new(digest.decode(), message).digest())
    signed = b"SSHSIG" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    loaded = serialization.load_ssh_public_key(key.encode())
    try:
        verify_ssh(loaded, algorithm.decode(), value, signed)
    except InvalidSignature:
        return False
    return True


def verify_ssh(key: object, algorithm: str, value: bytes, signed: bytes) -> None:
    """The signature itself, by the kind of the key; RSA only with SHA-2."""
    if isinstance(key, ed25519.Ed25519PublicKey) and algorithm == "ssh-ed25519":
        key.verify(value, signed)
    elif isinstance(key, rsa.RSAPublicKey) and algorithm in ("rsa-sha2-256", "rsa-sha2-512"):
        digest = hashes.SHA256() if algorithm.endswith("256") else hashes.SHA512()
        key.verify(value, signed, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.startswith("ecdsa-sha2-nistp"):
        size = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[key.curve.key_size]
        r, s = (int.from_bytes(part, "big") for part in wire_strings(value))
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(size))
    else:
        raise InvalidSignature


def wire_strings(data: bytes) -> list[bytes]:
    """The strings of SSH's wire format, to the last byte."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        if len(data) < 4 + length:
            raise Wrong("a person's signature is cut")
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    return found


def check_people(run: Run) -> str:
    """Every answer that is signed is signed by whoever the plan says has this key."""
    signed = 0
    for line in of_type(run.lines, "person_answered"):
        if line.event["signature"] is None:
            continue
        keys = [key for one in run.plan.get("people", []) if one["id"] == line.event["person"] for key in one["keys"]]
        message = canonical(statement(run, line.event))
        if not any(is_signed_by_person(message, line.event["signature"], key=key) for key in keys):
            raise Wrong(f"line {line.seq}: the answer to {line.event['step']} is not signed by {line.event['person']}")
        signed += 1
    stated = len(of_type(run.lines, "person_answered")) - signed
    return f"{signed} signed with a person's own key, {stated} stated and not proved"


# measurements.md, 2 and 3: the instants T0 to T6, over what was written before an interruption.


class Outage(NamedTuple):
    """What the first watch saw: when the service went, and when it was back for good (None: it was not)."""

    was_up: bool
    down: Interval
    detected_us: int
    up: Interval | None


def timeline(run: Run, lines: Sequence[Line], steps: Sequence[Json]) -> dict[str, Point]:
    """Every instant that was reached and seen. Without a disaster there is none."""
    acts = acts_of(lines, "disrupt")
    recovering = of_type(lines, "phase_started", phase="recover")
    declared = marked(run, lines, steps, "disaster")
    if any((person_question(step) or {}).get("marks") == "disaster" for step in run.drill["steps"]):
        if declared is None:
            return {}
        disaster = declared.point
    elif acts:
        disaster = Point(Interval(acts[0].mono_us, end_of(acts, lines)), "journal", acts[0].seq)
    elif recovering:
        disaster = exactly_at(recovering[0].mono_us, "declared", recovering[0].seq)
    else:
        return {}
    outage = find_outage(run, lines, since_us=disaster.at.lower)
    points = {"t0": disaster, **dict(seen_points(disaster, outage))}
    detected = marked(run, lines, steps, "detected")
    if detected and not run.drill["watch"]:
        points["t1"] = detected.point
    decided = marked(run, lines, steps, "decided")
    if not any((person_question(step) or {}).get("marks") == "decided" for step in run.drill["steps"]) and recovering:
        decided = Marked(exactly_at(recovering[0].mono_us, "automatic"), recovering[0].seq)
    if decided:
        points["t2"] = decided.point
        begun = [one for one in of_type(lines, "step_started", self_test=False) if one.seq > decided.seq]
        points |= {"t3": exactly_at(begun[0].mono_us, "journal")} if begun else {}
    points |= {name: at for name, at in final_points(run, lines, steps, outage) if at}
    return dict(sorted(points.items()))


class Marked(NamedTuple):
    """An instant that an answer marks, and the line that it is in."""

    point: Point
    seq: int


def marked(run: Run, lines: Sequence[Line], steps: Sequence[Json], mark: str) -> Marked | None:
    """Between the last look that found no answer, and the one that found it; only of a step that is ok."""
    for step, result in zip(run.drill["steps"], steps, strict=True):
        question, answers = person_question(step), of_type(lines, "person_answered", step=step["id"])
        if question and question.get("marks") == mark and result["outcome"] == "ok" and answers:
            event = answers[-1].event
            if event["found_us"] < event["absent_us"]:
                raise Wrong("an answer was found before the last look that found none")
            return Marked(
                Point(Interval(event["absent_us"], event["found_us"]), "person", answers[-1].seq), answers[-1].seq
            )
    return None


def acts_of(lines: Sequence[Line], phase: str) -> list[Line]:
    """The starts of steps between a phase's begin and its (last) end."""
    begun, ended = of_type(lines, "phase_started", phase=phase), of_type(lines, "phase_finished", phase=phase)
    if not begun:
        return []
    last = ended[-1].seq if ended else lines[-1].seq
    return [line for line in of_type(lines, "step_started", self_test=False) if begun[0].seq < line.seq <= last]


def end_of(acts: Sequence[Line], lines: Sequence[Line]) -> int | None:
    """When the last disruptive act was over. One without an end may still break something: then nobody knows."""
    steps = {act.event["step"] for act in acts}
    ends = [line for line in of_type(lines, "step_finished", self_test=False) if line.event["step"] in steps]
    ends = [line for line in ends if line.seq > acts[0].seq]
    return ends[-1].mono_us if len(ends) == len(acts) else None


def find_outage(run: Run, lines: Sequence[Line], *, since_us: int) -> Outage | None:
    """The first watch's first failure that was over after the disaster began, and what came after it."""
    return outage_of(first_watch(run), run, lines, since_us=since_us)


def outage_of(seen: Sequence[Sample], run: Run, lines: Sequence[Line], *, since_us: int) -> Outage | None:
    """As `find_outage`, by the samples of any watch."""
    until_us = (of_type(lines, "phase_finished", phase="verify") or lines)[-1].mono_us
    samples = sorted(seen, key=lambda sample: sample.started_us)
    samples = [sample for sample in samples if sample.started_us <= until_us]
    for index, sample in enumerate(samples):
        if not sample.answered and sample.finished_us >= since_us:
            alive_us = max((one.started_us for one in samples[:index] if one.answered), default=since_us)
            down = Interval(min(max(alive_us, since_us), sample.finished_us), sample.finished_us)
            was_up = index > 0 and samples[index - 1].answered
            back = find_return(samples[index:], stable_us=run.drill["stable_for"])
            return Outage(was_up, down, sample.finished_us, back)
    return None


def first_watch(run: Run) -> Sequence[Sample]:
    """The samples of the watch that the timeline rests on."""
    return next((run.samples.get(watch["id"], ()) for watch in run.drill["watch"]), ())


def find_return(samples: Sequence[Sample], *, stable_us: int) -> Interval | None:
    """Back for good: between the last failure and the answer after it, if answers went on for long enough."""
    last = max(index for index, sample in enumerate(samples) if not sample.answered)
    after = samples[last + 1 :]
    if not after or after[-1].finished_us - after[0].finished_us < stable_us:
        return None
    return Interval(samples[last].started_us, after[0].finished_us)


def seen_points(disaster: Point, outage: Outage | None) -> Iterator[tuple[str, Point]]:
    """What the watch adds: T4; and, where it saw the service go, a narrower T0 and T1."""
    if outage is None:
        return
    if outage.was_up and disaster.basis != "declared":
        lower = max(disaster.at.lower, outage.down.lower)
        upper = outage.detected_us if disaster.at.upper is None else min(disaster.at.upper, outage.detected_us)
        yield "t0", Point(Interval(lower, upper) if lower <= upper else disaster.at, "watch", disaster.line)
        yield "t1", exactly_at(outage.detected_us, "watch")
    if outage.up:
        yield "t4", Point(outage.up, "watch")


def final_points(
    run: Run, lines: Sequence[Line], steps: Sequence[Json], outage: Outage | None
) -> Iterator[tuple[str, Point | None]]:
    """T5, the last of the blocking checks; T6, the end of a cleanup that left nothing."""
    yield "t5", checks_passed(run, lines, steps, outage)
    cleaned, cleaning = of_type(lines, "phase_finished", phase="cleanup"), in_phase(steps, "cleanup")
    if cleaned and cleaning and all(step["outcome"] == "ok" for step in cleaning):
        yield "t6", exactly_at(cleaned[-1].mono_us, "journal")


def in_phase(steps: Sequence[Json], phase: str) -> list[Json]:
    """The results of one phase's steps."""
    return [step for step in steps if step["phase"] == phase]


def checks_passed(run: Run, lines: Sequence[Line], steps: Sequence[Json], outage: Outage | None) -> Point | None:
    """T5. None where one of the blocking steps of phase verify did not pass, or the service is not back for good."""
    blocking = {step["id"]: step for step in run.drill["steps"] if step["severity"] == "blocking"}
    wanted = [step for step in in_phase(steps, "verify") if step["step"] in blocking]
    if not wanted or any(step["outcome"] != "ok" for step in wanted) or (outage and outage.up is None):
        return None
    bounds = [Interval(line.event["finished_us"], line.mono_us) for line in canary_reads(lines)]
    bounds += [outage.up] if outage and outage.up else []
    for step in wanted:
        answers = of_type(lines, "probe_answered", step=step["step"], self_test=False)
        told = of_type(lines, "person_answered", step=step["step"])
        probed = answers and "probe" in blocking[step["step"]]
        lower = answers[-1].event["finished_us"] if probed else step["finished_us"]
        lower = told[-1].event["absent_us"] if told and person_question(blocking[step["step"]]) else lower
        bounds.append(Interval(lower, step["finished_us"]))
    if any(bound.upper is not None and bound.upper < bound.lower for bound in bounds):
        raise Wrong("an answer is later than the line that it is written in")
    upper = max(bound.upper or bound.lower for bound in bounds)
    return Point(Interval(max(bound.lower for bound in bounds), upper), "journal")


# measurements.md, 4 and 5: the quantities, and the availability that the report draws.


def quantities(run: Run, lines: Sequence[Line], points: Mapping[str, Point]) -> Iterator[Json]:
    """RTO and our own part of it, interruption, RPO and the fate of the commits: what can be known of them."""
    disaster, back, passed = points.get("t0"), points.get("t4"), points.get("t5")
    objectives, reads = run.drill["objectives"], canary_reads(lines)
    basis = "watch" if disaster and disaster.basis == "watch" else "journal"
    if disaster and passed and objectives["rto"] is not None:
        yield quantity("rto", passed.at.since(disaster.at), basis, objective=objectives["rto"])
        own = own_time(lines, since=disaster.at, until=passed.at)
        yield quantity("own-time", Interval(own, own), "journal")
    if disaster and back and disaster.basis != "declared":
        yield quantity("interruption", back.at.since(disaster.at), basis)
    decided = points.get("t2")
    if disaster and decided and decided.basis == "person":
        took, wanted = decided.at.since(disaster.at), objectives.get("decision")
        yield quantity("decision", took, "person", objective=wanted)
    if disaster and reads:
        apart = (run.drill["canary"] or {}).get("of") == "lost-part"
        until = last_acknowledged(run.markers, disaster.at) if apart else disaster.at
        basis = "cut-off-canary" if apart else "canary"
        yield from losses(run.markers, reads[-1].event["survivors"], until, objectives=objectives, basis=basis)
    end = data_end(run, lines) if disaster else None
    if disaster and end and not end.newer_than(wall_clock(disaster, lines)) and (passed or end.basis == "marker"):
        yield quantity("rpo", end.age_at(wall_clock(disaster, lines)), end.basis, objective=objectives["rpo"])


class DataEnd(NamedTuple):
    """Where the restored data ends by the wall clock, and the earliest that its date can mean; microseconds of 1970."""

    at: Interval
    dated_us: int
    basis: str
    subject: str

    def newer_than(self, disaster: Interval) -> bool:
        """A date that no error of its clock brings back before the disaster."""
        return disaster.upper is not None and self.dated_us > disaster.upper

    def age_at(self, disaster: Interval) -> Interval:
        """From where the data ends to the disaster. No upper end of one, no lower end of the other."""
        lower = 0 if self.at.upper is None else max(0, disaster.lower - self.at.upper)
        return Interval(lower, None if disaster.upper is None else max(lower, disaster.upper - self.at.lower))


def data_end(run: Run, lines: Sequence[Line]) -> DataEnd | None:
    """By the newest marker that production wrote, or by the recovery point's own times; None: not known."""
    source = run.drill.get("rpo_from")
    offsets = clock_offsets(run, lines, source.get("marker") or source["catalogue"]) if source else None
    if source is None or offsets is None:
        return None
    slow, fast = offsets
    if "marker" in source:
        marker = source["marker"]
        answers = of_type(lines, "probe_answered", step=marker["step"], self_test=False)
        values = answers[-1].event["values"] if answers and answers[-1].event["answered"] else {}
        at = values.get(marker["value"])
        if type(at) is not int:
            return None
        return DataEnd(Interval(at - fast - marker["period"], None), at - fast, "marker", marker["step"])
    point, choice = run.plan["recovery_point"], run.drill["recovery_point"]
    if point is None or choice is None:
        return None
    first, last = sorted(epoch_us(point[name]) for name in ("started_at", "finished_at"))
    replayed = point["first_log"] is not None or point["last_log"] is not None
    at = Interval(first - fast, None if replayed else last + 1_000_000 - slow)
    return DataEnd(at, last - fast, "catalogue", choice["catalogue"])


def clock_offsets(run: Run, lines: Sequence[Line], dated: Json) -> tuple[int, int] | None:
    """The least and the most that the clock behind the dates may be ahead of ours, in microseconds."""
    if "clock_error" in dated:
        return -dated["clock_error"], dated["clock_error"]
    names = [host["name"] for host in called(run.plan, dated["clock_of"])]
    seen = [line.event for line in of_type(lines, "clock_measured") if line.event["host"] in names]
    found = {(one["host"], one["moment"]) for one in seen}
    if not names or any((name, moment) not in found for name in names for moment in ("before", "after")):
        return None
    return (
        min(one["offset_us"] - one["error_us"] for one in seen),
        max(one["offset_us"] + one["error_us"] for one in seen),
    )


def wall_clock(disaster: Point, lines: Sequence[Line]) -> Interval:
    """T0 in microseconds of 1970, by the two clocks of its line."""
    line = lines[disaster.line]
    shift = epoch_us(line.at) - line.mono_us
    return Interval(disaster.at.lower + shift, None if disaster.at.upper is None else disaster.at.upper + shift)


def epoch_us(moment: str) -> int:
    """A moment in microseconds since 1970-01-01T00:00:00Z."""
    return (instant(moment) - instant("1970-01-01T00:00:00Z")) // timedelta(microseconds=1)


def disrupted_us(steps: Sequence[Json]) -> int | None:
    """When the first step of phase disrupt was begun."""
    return min(
        (s["started_us"] for s in steps if s["phase"] == "disrupt" and s["started_us"] is not None), default=None
    )


def continuity(run: Run, lines: Sequence[Line], steps: Sequence[Json]) -> Iterator[Json]:
    """Of a service that must not stop: its longest possible interruption, and the questions that had no answer."""
    objectives, since_us = run.drill["objectives"], disrupted_us(steps)
    if "interruption" not in objectives or since_us is None:
        return
    until_us = (of_type(lines, "phase_finished", phase="verify") or lines)[-1].mono_us
    window = [one for one in first_watch(run) if one.finished_us >= since_us and one.started_us <= until_us]
    window.sort(key=lambda sample: sample.started_us)
    if window:
        found = list(interruptions(window, since_us=since_us, stable_us=run.drill["stable_for"]))
        upper = None if any(one.upper is None for one in found) else max(one.upper or 0 for one in found)
        longest = Interval(max(one.lower for one in found), upper)
        yield quantity("longest-interruption", longest, "watch", objective=objectives["interruption"])
        failed, allowed = sum(not one.answered for one in window), objectives.get("failed_requests")
        yield quantity("failed-requests", Interval(failed, failed), "watch", unit="requests", objective=allowed)
        yield quantity("requests", Interval(len(window), len(window)), "watch", unit="requests")


def components(run: Run, lines: Sequence[Line], points: Mapping[str, Point]) -> Iterator[Json]:
    """From the disaster until each component was back for good, as its own watch saw it."""
    disaster = points.get("t0")
    for watch in run.drill["watch"]:
        if disaster is None or "component" not in watch:
            continue
        outage = outage_of(run.samples.get(watch["id"], ()), run, lines, since_us=disaster.at.lower)
        if outage and outage.up:
            took, wanted = outage.up.since(disaster.at), watch["component"]["rto"]
            yield {**quantity("component-rto", took, "watch", objective=wanted), "watch": watch["id"]}


def interruptions(window: Sequence[Sample], *, since_us: int, stable_us: int) -> Iterator[Interval]:
    """What may lie between an answer and the next: those shortly between failures do not count as answers."""
    runs = [list(group) for _, group in groupby(window, key=lambda sample: sample.answered)]
    alive_us, failures = since_us, list[Sample]()
    for number, stretch in enumerate(runs):
        lasts = stretch[-1].finished_us - stretch[0].finished_us >= stable_us
        if not stretch[0].answered or (number > 0 and not lasts):
            failures += [sample for sample in stretch if not sample.answered]
            continue
        for sample in stretch:
            lower = max(0, failures[-1].started_us - failures[0].finished_us) if failures else 0
            yield Interval(lower, max(lower, sample.finished_us - alive_us))
            alive_us, failures = max(since_us, sample.started_us), []
    if failures:
        yield Interval(max(0, failures[-1].started_us - failures[0].finished_us), None)


def quantity(name: str, value: Interval, basis: str, *, unit: str = "us", objective: int | None = None) -> Json:
    """A measured value beside its objective, kept or not by its unfavourable end."""
    return {
        "quantity": name,
        "value": value._asdict(),
        "unit": unit,
        "objective": objective,
        "met": kept(value, objective),
        "basis": basis,
    }


def kept(value: Interval, objective: int | None) -> bool | None:
    """The upper end decides. Without one, only a lower end beyond the objective is known to miss it."""
    if objective is None:
        return None
    if value.upper is None:
        return False if value.lower > objective else None
    return value.upper <= objective


def own_time(lines: Sequence[Line], *, since: Interval, until: Interval) -> int:
    """The part of the RTO in which no task, no probe and no reading of markers was at work."""
    start, end = since.upper or since.lower, until.upper or until.lower
    work = [line.event for line in lines if line.event["type"] in ("task_observed", "probe_answered", "canary_read")]
    covered, reached = 0, start
    for begun_us, ended_us in sorted((event["started_us"], event["finished_us"]) for event in work):
        last = min(ended_us, end)
        covered += max(0, last - max(begun_us, reached))
        reached = max(reached, last)
    return max(0, end - start - covered)


def last_acknowledged(markers: Sequence[Marker], disaster: Interval) -> Interval:
    """When a part that was cut off, and written to by the canary, took its last commit; the disaster if it is later."""
    taken = [one for one in markers if one.acknowledged_us is not None]
    if not taken:
        return disaster
    upper = None if disaster.upper is None else max(disaster.upper, taken[-1].acknowledged_us or 0)
    return Interval(max(disaster.lower, taken[-1].sent_us), upper)


def losses(
    markers: Sequence[Marker], ranges: Sequence[Sequence[int]], disaster: Interval, *, objectives: Json, basis: str
) -> Iterator[Json]:
    """The RPO and the counts, from what was acknowledged and what was read back (ranges, both ends included)."""
    known = {one.number for one in markers if any(first <= one.number <= last for first, last in ranges)}
    # What was sent after the disaster says nothing of what it cost.
    before = [one for one in markers if disaster.upper is None or one.sent_us <= disaster.upper]
    survivors = known & {one.number for one in before}
    newest = max(survivors, default=0)
    acknowledged = [one for one in before if one.acknowledged_us is not None]
    missing = [one for one in acknowledged if one.number not in survivors]
    lost = [one for one in missing if one.number > newest]
    read = sum(last - first + 1 for first, last in ranges)
    yield quantity("rpo", recovery_point(before, lost, newest, disaster), basis, objective=objectives["rpo"])
    counts = {
        "lost-commits": len(lost),
        "kept-commits": len(acknowledged) - len(missing),
        "holes": sum(one.number < newest for one in missing),
        "unsent": max(0, read - len(known)),
    }
    for name, count in counts.items():
        allowed = objectives.get("lost_commits") if name == "lost-commits" else None
        yield quantity(name, Interval(count, count), basis, unit="commits", objective=allowed)


def recovery_point(markers: Sequence[Marker], lost: Sequence[Marker], newest: int, disaster: Interval) -> Interval:
    """The RPO: at least back to the oldest lost commit, at most back to the sending of the newest survivor."""
    oldest = min((one.acknowledged_us for one in lost if one.acknowledged_us is not None), default=disaster.lower)
    lower = max(0, disaster.lower - oldest)
    sent = [one.sent_us for one in markers if one.number == newest]
    if not sent or disaster.upper is None:
        return Interval(lower, None)
    return Interval(lower, max(lower, disaster.upper - sent[0]))


def availability(run: Run) -> Iterator[Json]:
    """Each stretch of a watch's samples with the same answer."""
    for watch in sorted(run.samples):
        ordered = sorted(run.samples[watch], key=lambda sample: sample.started_us)
        for answers, group in groupby(ordered, key=lambda sample: sample.answered):
            stretch = list(group)
            yield {
                "watch": watch,
                "answers": answers,
                "started_us": stretch[0].started_us,
                "finished_us": max(sample.finished_us for sample in stretch),
                "samples": len(stretch),
            }


def compute_figures(run: Run) -> Json:
    """Everything that is measured, in the shape of the evidence's `measurements`, without its words."""
    lines = before_interruption(run.lines)
    steps = [step_result(run, step) for step in run.drill["steps"]]
    points = timeline(run, lines, steps)
    return {
        "origin_us": run.lines[0].mono_us,
        "ended_us": (lines or run.lines[:1])[-1].mono_us,
        "steps": steps,
        "checks": [check_result(run, check, steps) for check in checks_of(run)],
        "timeline": [
            {"instant": name, "at": point.at._asdict(), "basis": point.basis} for name, point in points.items()
        ],
        "measurements": [
            *quantities(run, lines, points),
            *continuity(run, lines, steps),
            *components(run, lines, points),
        ],
        "availability": list(availability(run)),
    }


# 13. What is the verdict? --------------------------------------------------------------------------------------------
# measurements.md, section 6. Every reason that keeps the run from a plain pass is found; the heaviest decides.

GAP, INCONCLUSIVE, MISSED, ABORTED = "gap", "inconclusive", "failed", "aborted"
VERDICTS = {ABORTED: "aborted", MISSED: "failed", INCONCLUSIVE: "inconclusive", GAP: "passed-with-gaps"}
EXIT_CODES = {"passed": 0, "passed-with-gaps": 0, "failed": 1, "inconclusive": 3, "aborted": 3}
REFUSED, DIRTY = 4, 7
STEP_REASONS = {
    "prepare": ("preparation-failed", INCONCLUSIVE),
    "disrupt": ("disruption-failed", INCONCLUSIVE),
    "recover": ("recovery-failed", MISSED),
    "verify": ("check-failed", MISSED),
    "cleanup": ("cleanup-failed", GAP),
}
STATIC_QUESTIONS = ("declared-staging", "not-on-never-list")
LIVE_QUESTIONS = ("host-key-known", "marker-matches", "production-unreachable")
CLOCK_DRIFT_US = 100_000
CLOCK_OFF_US = 1_000_000

Reason = tuple[str, str, str]
"""Code, subject, weight."""


def judge(run: Run, figures: Json) -> Json:
    """The verdict and its reasons, in the shape of the evidence's `judgement`, without its words."""
    decisions = of_type(run.lines, "guard_decided")
    refused = bool(decisions) and not decisions[0].event["allowed"]
    found = refusals(decisions[0]) if refused else list(reasons(run, figures, decisions))
    weights = {weight for _, _, weight in found}
    verdict = next((verdict for weight, verdict in VERDICTS.items() if weight in weights), "passed")
    dirty = any(code == "cleanup-failed" for code, _, _ in found)
    return {
        "verdict": verdict,
        "findings": sorted(({"code": c, "subject": s, "weight": w} for c, s, w in found), key=by_name),
        "cleanup_failed": dirty,
        "exit_code": REFUSED if refused else DIRTY if dirty else EXIT_CODES[verdict],
    }


def by_name(reason: Json) -> tuple[str, str]:
    """The order of reasons here; it means nothing."""
    return reason["code"], reason["subject"]


def refusals(decision: Line) -> list[Reason]:
    """The guard's own reasons, and no others: nothing was touched."""
    return [("refused-by-guard", reason, ABORTED) for reason in decision.event["reasons"] or [""]]


def reasons(run: Run, figures: Json, decisions: Sequence[Line]) -> Iterator[Reason]:
    """Every reason of a run that the guard did not refuse."""
    for line in of_type(run.lines, "stop_requested"):
        yield "stop-requested", line.event["reason"], ABORTED
    for _ in of_type(run.lines, "run_interrupted"):
        yield "run-interrupted", "", ABORTED
    if not decisions or not of_type(run.lines, "run_finished"):
        yield "not-finished", "", ABORTED
    if decisions:
        answers = [line.event for line in of_type(run.lines, "guard_observed") if line.seq < decisions[0].seq]
        yield from (("guard-not-proved", why, ABORTED) for why in guard_faults(run.plan, answers))
        yield from recovery_point_reasons(run)
        yield from step_reasons(run, figures)
        yield from proof_reasons(run, figures)
        yield from objective_reasons(run, figures)
        yield from component_reasons(run, figures)
        yield from date_reasons(run, figures)
        yield from observer_reasons(run, figures)
        yield from clock_reasons(run)


def guard_faults(plan: Json, answers: Sequence[Json]) -> Iterator[str]:
    """Each question that was answered no, and each that was not asked: of every host, and of every connection."""
    for answer in answers:
        if not answer["ok"]:
            yield f"{answer['subject']}: {answer['check']}: {answer['detail']}"[:300]
    refused = {answer["subject"] for answer in answers if not answer["ok"]}
    asked = {(answer["subject"], answer["check"]) for answer in answers}
    wanted = [(host["name"], question) for host in plan["hosts"] for question in (*STATIC_QUESTIONS, *LIVE_QUESTIONS)]
    wanted += [(endpoint["name"], "endpoint-is-staging") for endpoint in plan["endpoints"]]
    for subject, question in wanted:
        if (subject, question) not in asked and subject not in refused:
            yield f"{subject}: {question}: not asked"
    if not plan["hosts"] and not people_alone(plan["drill"]):
        yield "the drill has no target"


def recovery_point_reasons(run: Run) -> Iterator[Reason]:
    """A drill that restores a backup restores the one that the plan pins, as it was, and says who is erased again."""
    choice = run.drill["recovery_point"]
    if choice is None:
        return
    restored = restored_points(run)
    if not restored:
        yield "no-recovery-point", choice["catalogue"], INCONCLUSIVE
    elif not as_chosen(run.plan, restored):
        yield "recovery-point-not-as-chosen", choice["catalogue"], INCONCLUSIVE
    last = {line.event["id"]: line.event["matches"] for line in of_type(run.lines, "recovery_point_observed")}
    if not last or not all(last.values()) or any(point["id"] not in last for point in restored):
        yield "recovery-point-changed", choice["catalogue"], INCONCLUSIVE
    pinned = run.plan.get("recovery_points") or [run.plan["recovery_point"] or {}]
    if run.drill.get("erasures") is None and "database" in (choice.get("of"), *(point.get("of") for point in pinned)):
        yield "erasures-forgotten", choice["catalogue"], GAP


def restored_points(run: Run) -> Sequence[Json]:
    """What the plan pins, oldest first; or what the drill has had taken since."""
    if run.drill["recovery_point"]["choose"] == "taken-in-prepare":
        return [line.event["point"] for line in of_type(run.lines, "recovery_point_taken")]
    alone = run.plan["recovery_point"]
    return run.plan.get("recovery_points") or ([] if alone is None else [alone])


def as_chosen(plan: Json, restored: Sequence[Json]) -> bool:
    """plan.md, "choose": the choice made again, from the list and the seed. Plans of before the list are believed."""
    choice, there = plan["drill"]["recovery_point"], plan.get("listed_points")
    if there is None:
        return True
    if choice["choose"] == "taken-in-prepare":
        return not {point["id"] for point in there} & {point["id"] for point in restored}
    wanted = choice.get("retention_class")
    points = sorted((p for p in there if wanted in (None, p.get("retention_class"))), key=by_age)
    again = [listing(point) for point in choose_again(points, choice, plan["seed"])]
    return bool(again) and again == [listing(point) for point in restored]


def choose_again(points: Sequence[Json], choice: Json, seed: str) -> Sequence[Json]:
    """Of points in the order of their age those that a choice asks for, oldest first."""
    if choice["id"] is not None:
        return [point for point in points if point["id"] == choice["id"]][:1]
    match choice["choose"]:
        case "latest":
            return points[-1:]
        case "oldest":
            return points[:1]
        case "random":
            return drawn(points, f"recovery-point:{seed}")
        case "each-class":
            return sorted(of_each_class(points, seed), key=by_age)
        case other:
            raise Wrong(f"the plan chooses {other}, which is no choice of this format")


def of_each_class(points: Sequence[Json], seed: str) -> Iterator[Json]:
    """Of each retention class the oldest, and one of the others."""
    for name in {point["retention_class"] for point in points if "retention_class" in point}:
        oldest, *others = [point for point in points if point.get("retention_class") == name]
        yield from (oldest, *drawn(others, f"recovery-point:{name}:{seed}"))


def drawn(points: Sequence[Json], words: str) -> Sequence[Json]:
    """The one of these points that a digest of the seed falls on; none of none."""
    return [points[int(sha256(words.encode()), 16) % len(points)]] if points else []


def by_age(point: Json) -> tuple[datetime, str]:
    """The order of recovery points."""
    return instant(point["finished_at"]), point["id"]


def listing(point: Json) -> tuple[str, str, str | None]:
    """What a choice goes by."""
    return point["id"], point["finished_at"], point.get("retention_class")


def step_reasons(run: Run, figures: Json) -> Iterator[Reason]:
    """Each step of the plan that is not ok. What is not known is not a failure, and not a pass."""
    for step, result in zip(run.drill["steps"], figures["steps"], strict=True):
        code, weight = STEP_REASONS[step["phase"]]
        if result["outcome"] == "unknown" and step["phase"] != "cleanup":
            checked = step["phase"] == "verify" and "probe" in step
            code, weight = "check-unknown" if checked else "step-unknown", INCONCLUSIVE
        if person_question(step) and step["phase"] != "cleanup":
            code = person_reason(run, step, result) or code
        if result["outcome"] != "ok":
            yield code, step["id"], GAP if step["severity"] == "minor" else weight


def is_tried(run: Run, check: str) -> bool:
    """Whether a check was asked where it must fail, whatever came of it."""
    return bool(of_type(run.lines, "probe_answered", step=check, self_test=True))


def person_reason(run: Run, step: Json, result: Json) -> str | None:
    """What became of a question: refused, not done, or not answered before its time was over."""
    asked = of_type(run.lines, "person_asked", step=step["id"])
    answers = of_type(run.lines, "person_answered", step=step["id"])
    if answers:
        return {"refused": "approval-refused", "not-done": "task-not-done"}.get(answers[-1].event["decision"])
    ended = result["finished_us"]
    over = bool(asked) and ended is not None and ended >= asked[-1].event["until_us"]
    return "nobody-answered" if over else None


def proof_reasons(run: Run, figures: Json) -> Iterator[Reason]:
    """A check, or the reading of markers, that was not seen to fail where it must proves nothing by passing."""
    for check in figures["checks"]:
        weight = INCONCLUSIVE if check["severity"] == "blocking" else GAP
        if check["can_fail"] is False:
            yield "check-cannot-fail", check["check"], weight
        elif check["can_fail"] is None and (check["outcome"] == "ok" or is_tried(run, check["check"])):
            yield "self-test-missing", check["check"], weight
    trials = of_type(run.lines, "canary_read", self_test=True)
    if run.drill["canary"] is None:
        return
    if not trials and canary_reads(run.lines):
        yield "self-test-missing", "canary", INCONCLUSIVE
    elif trials and trials[-1].event["survivors"]:
        yield "check-cannot-fail", "canary", INCONCLUSIVE


def objective_reasons(run: Run, figures: Json) -> Iterator[Reason]:
    """Objectives are kept by the unfavourable end, and known to be; no commit is missing or foreign among survivors."""
    found = {one["quantity"]: one for one in figures["measurements"]}
    for name in ("rto", "rpo", "decision"):
        met = found[name]["met"] if name in found else None
        if run.drill["objectives"].get(name) is not None and met is not True:
            yield (f"{name}-missed", name, MISSED) if met is False else (f"{name}-not-measured", name, INCONCLUSIVE)
    for name, key in (("longest-interruption", "interruption"), ("failed-requests", "failed_requests")):
        met = found[name]["met"] if name in found else None
        if key in run.drill["objectives"] and met is not True:
            broken = ("continuity-broken", name, MISSED)
            yield broken if met is False else ("continuity-not-measured", name, INCONCLUSIVE)
    if "lost_commits" in run.drill["objectives"]:
        counted = found.get("lost-commits")
        if counted is None:
            yield "commits-not-counted", "lost-commits", INCONCLUSIVE
        elif counted["met"] is not True:
            yield "commits-lost", "lost-commits", MISSED
    for name, code in (("holes", "commits-with-holes"), ("unsent", "commits-foreign")):
        if name in found and found[name]["value"]["lower"] > 0:
            yield code, name, MISSED


def component_reasons(run: Run, figures: Json) -> Iterator[Reason]:
    """Each component kept its own time, and is known to have."""
    kept_by = {one.get("watch"): one["met"] for one in figures["measurements"] if one["quantity"] == "component-rto"}
    for watch in (one["id"] for one in run.drill["watch"] if "component" in one):
        if kept_by.get(watch) is not True:
            missed = ("component-rto-missed", watch, MISSED)
            yield missed if kept_by.get(watch) is False else ("component-rto-not-measured", watch, INCONCLUSIVE)


def date_reasons(run: Run, figures: Json) -> Iterator[Reason]:
    """What was restored carries no date after the disaster, by more than its clock may be wrong."""
    lines = before_interruption(run.lines)
    disaster, end = timeline(run, lines, figures["steps"]).get("t0"), data_end(run, lines)
    if disaster and end and end.newer_than(wall_clock(disaster, lines)):
        yield "newer-than-disaster", end.subject, MISSED


def observer_reasons(run: Run, figures: Json) -> Iterator[Reason]:
    """Each watch was closed with samples in it, watched until everything was verified, and saw the service stop."""
    missing = missing_watches(run, figures)
    yield from (("watch-missing", watch, INCONCLUSIVE) for watch in missing)
    instants = {point["instant"] for point in figures["timeline"]}
    acts = [pair for pair in zip(run.drill["steps"], figures["steps"], strict=True) if pair[0]["phase"] == "disrupt"]
    if not acts or not run.drill["watch"] or "t0" not in instants:
        return
    doubted = any(step["severity"] == "blocking" and result["outcome"] != "ok" for step, result in acts)
    unseen = [] if doubted else list(unseen_losses(run, figures, stopped="t1" in instants))
    yield from ((code, watch, INCONCLUSIVE) for code, watch in unseen if watch not in missing)


def unseen_losses(run: Run, figures: Json, *, stopped: bool) -> Iterator[tuple[str, str]]:
    """The watches that had to see something stop, and did not: the service, unless it must go on; a part of it."""
    first = run.drill["watch"][0]["id"]
    lost = [watch["id"] for watch in run.drill["watch"] if watch.get("of") == "lost-part"]
    if "interruption" not in run.drill["objectives"] and not stopped:
        yield "disruption-not-seen", first
    if "interruption" in run.drill["objectives"] and not lost:
        yield "disruption-not-proved", first
    yield from (("disruption-not-proved", watch) for watch in lost if not went(watch, figures))


def went(watch: str, figures: Json) -> bool:
    """After the disruption began and before everything was verified, a question had no answer; the one before had."""
    ends = [point["at"]["lower"] for point in figures["timeline"] if point["instant"] == "t5"]
    until_us = ends[0] if ends else figures["ended_us"]
    since_us, answering = disrupted_us(figures["steps"]), False
    for stretch in (one for one in figures["availability"] if one["watch"] == watch):
        within = since_us is not None and since_us <= stretch["started_us"] <= until_us
        if answering and not stretch["answers"] and within:
            return True
        answering = stretch["answers"]
    return False


def missing_watches(run: Run, figures: Json) -> list[str]:
    """The watches that were not closed with samples in them, or fell silent before everything was verified."""
    closed = {line.event["watch"] for line in of_type(run.lines, "watch_finished") if line.event["samples"] > 0}
    seen_us = {stretch["watch"]: stretch["finished_us"] for stretch in figures["availability"]}
    heard_us = next((point["at"]["lower"] for point in figures["timeline"] if point["instant"] == "t5"), 0)
    names = [watch["id"] for watch in run.drill["watch"]]
    return [name for name in names if name not in closed or seen_us.get(name, 0) < heard_us]


def clock_reasons(run: Run) -> Iterator[Reason]:
    """The clock of each host was measured before and after, did not jump in between, and shows the right time."""
    measured = {(line.event["host"], line.event["moment"]): line.event for line in of_type(run.lines, "clock_measured")}
    for host in run.plan["hosts"]:
        before, after = (measured.get((host["name"], moment)) for moment in ("before", "after"))
        if before is None or after is None:
            yield "clock-not-measured", host["name"], GAP
            continue
        moved = abs(after["offset_us"] - before["offset_us"])
        if moved > before["error_us"] + after["error_us"] + CLOCK_DRIFT_US:
            yield "clock-jumped", host["name"], GAP
        if max(abs(seen["offset_us"]) - seen["error_us"] for seen in (before, after)) > CLOCK_OFF_US:
            yield "clock-off", host["name"], GAP


# 14. Everything together ---------------------------------------------------------------------------------------------

WORDS_ONLY = ("reason", "self_test_reason", "expected", "detail", "lines")
"""What the evidence says beside its figures, for people: sentences, and the lines of the journal that show it."""


def without_words(value: Json) -> Json:
    """Figures and outcomes alone."""
    if isinstance(value, dict):
        return {name: without_words(part) for name, part in value.items() if name not in WORDS_ONLY}
    return [without_words(part) for part in value] if isinstance(value, list) else value


def check_figures(run: Run, evidence: Json) -> str:
    """Every figure, computed again."""
    computed, stated = compute_figures(run), evidence["measurements"]
    exactly(stated, " ".join(computed), "measurements")
    plain = {name: stated[name] for name in computed if name != "checks"}
    plain["checks"] = stated["checks"]
    differing = [name for name in computed if without_words(plain[name]) != without_words(computed[name])]
    if differing:
        raise Wrong(f"computed again, they are others: {', '.join(differing)}")
    return ", ".join(f"{one['quantity']} {in_words(one)}" for one in computed["measurements"])


def check_verdict(run: Run, evidence: Json) -> str:
    """The verdict and its reasons, decided again."""
    computed, stated = judge(run, compute_figures(run)), without_words(evidence["judgement"])
    stated["findings"] = sorted(stated["findings"], key=by_name)
    if stated != computed:
        raise Wrong(f"judged again, it is {computed['verdict']}")
    return str(computed["verdict"])


def in_words(measured: Json) -> str:
    """A value for people: seconds, or a count."""
    lower, upper = measured["value"]["lower"], measured["value"]["upper"]
    if measured["unit"] == "commits":
        return str(lower)
    return f"{lower / 1e6:.3f} s to {'unknown' if upper is None else f'{upper / 1e6:.3f} s'}"


def verify(path: Path, trust: Trust) -> tuple[Answers, Json, bool]:
    """Ask everything of what is at a path: the answers, what the evidence claims, and whether it is to be relied on."""
    answers, read = Answers(), dict[str, Any]()

    def reading() -> None:
        read["given"] = read_given(path)
        read["evidence"] = parse_json(needed(read["given"].files, EVIDENCE), EVIDENCE)
        read["claims"] = {"run": read["evidence"]["run_id"], "verdict": read["evidence"]["judgement"]["verdict"]}

    answers.ask("readable", path.name, reading)
    if "claims" not in read:
        return answers, {"run": None, "verdict": None}, False
    given, evidence = read["given"], read["evidence"]

    def choosing() -> str:
        certificate = chosen(evidence, trust.certificates)
        name = check_certificate(evidence, certificate)
        read["certificate"] = certificate
        return name

    answers.ask("certificate", EVIDENCE, choosing)
    if "certificate" in read:
        note_seal(answers, evidence["signature"])
        ask_signatures(answers, given, evidence, read["certificate"])
    ask_contents(answers, given, evidence, trust)
    return answers, read["claims"], answers.are_valid(alone=given.alone)


def note_seal(answers: Answers, stated: Json) -> None:
    """What the evidence says of its seal, and only other people's certificates could show."""
    if stated["issuer"] is not None:
        detail = f"{stated['issuer']}, as it says: neither the chain to it nor revocation is checked"
        answers.add("issuer", EVIDENCE, NOTED, f"{detail}; your certificate is trusted by itself")
    if stated["authority"] is not None:
        detail = f"{stated['authority']['name']}, as the evidence says: no time-stamp is checked"
        answers.add("time-stamp", PDF, NOTED, f"{detail}; `reprise verify` does")
    if stated["awaited"]:
        answers.add("time-stamp", PDF, NOTED, "one was wanted, and not to be had when this was sealed")
    if stated["level"] != 1 or stated["qualified"]:
        detail = f"level {stated['level']}, as it says: that depends on issuer and time-stamp, which are not checked"
        answers.add("level", EVIDENCE, NOTED, detail)


def ask_signatures(answers: Answers, given: Given, evidence: Json, certificate: x509.Certificate) -> None:
    """Sections 5, 9 and 10: what is signed, by whom, and what came along."""
    files = given.files
    if not given.alone:
        answers.attempt(
            "attestation-signature", ATTESTATION, lambda: ask_attestation(answers, given, evidence, certificate)
        )

    def sealing() -> None:
        check_seal_parts(check_seal(needed(files, PDF), certificate), certificate, evidence["signature"])

    answers.ask("pdf-whole", PDF, lambda: f"{len(split_pdf(needed(files, PDF))[0])} bytes")
    answers.ask("pdf-signature", PDF, sealing)
    answers.ask("pdf-attachments", PDF, lambda: check_attachments(files, evidence=evidence))


def ask_attestation(answers: Answers, given: Given, evidence: Json, certificate: x509.Certificate) -> None:
    """Section 5: first the signature; the digests only say something when somebody signed them."""
    attestation = read_attestation(needed(given.files, ATTESTATION))
    if not answers.ask(
        "attestation-signature", ATTESTATION, lambda: check_attestation_signature(attestation, certificate)
    ):
        return
    statement = parse_json(attestation.payload, "the statement")
    check_digests(answers, given.files, statement)
    check_unbound(answers, given, statement, certificate)
    answers.ask("statement", ATTESTATION, lambda: check_statement(given.files, statement, evidence))
    answers.ask("statement", VERDICT, lambda: check_verdict_file(given.files, evidence))
    if attestation.timed:
        answers.add("time-stamp", ATTESTATION, NOTED, "there is one: check it with `openssl ts -verify`")
    elif evidence["signature"]["authority"] is not None:
        answers.add("time-stamp", ATTESTATION, FAILED, "the evidence says that it bears one, and it has none")


def ask_contents(answers: Answers, given: Given, evidence: Json, trust: Trust) -> None:
    """Sections 6 to 8 and 11 to 13: what the run's own files say."""
    read: dict[str, Run] = {}

    def reading() -> str:
        read["run"] = read_run(given.files)
        return f"{len(read['run'].lines)} lines"

    answers.ask("chain", JOURNAL, reading)
    if "run" not in read:
        return
    run = read["run"]
    answers.ask("journal-bound", EVIDENCE, lambda: check_bound(given.files, run, evidence))
    answers.ask("evidence", EVIDENCE, lambda: check_quotations(given.files, run, evidence))
    if of_type(run.lines, "person_answered"):
        answers.ask("people", JOURNAL, lambda: check_people(run))
    answers.ask("measurements", EVIDENCE, lambda: check_figures(run, evidence))
    answers.ask("verdict", EVIDENCE, lambda: check_verdict(run, evidence))
    answers.attempt("register", EVIDENCE, lambda: check_register(answers, evidence, run, trust))
    unknown = ", ".join(sorted(name for name in evidence if name in NOT_COMPUTED))
    answers.add("not-compared", EVIDENCE, NOTED, f"words, and the product's own: {unknown}, sentences of findings")
    answers.add("not-compared", HTML, NOTED, "whether the pages show this evidence: `reprise verify` draws them again")


def load_certificates(path: Path) -> list[x509.Certificate]:
    """The certificates that the caller trusts."""
    return x509.load_pem_x509_certificates(path.read_bytes())


def load_register_key(path: Path) -> ed25519.Ed25519PublicKey:
    """The register's public key."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ValueError("it is no Ed25519 key")
    return key


def printable(text: str) -> str:
    """Without what would move a terminal's cursor: what was verified must not repaint the answers."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def show(answers: Answers, claims: Json, *, valid: bool) -> None:
    """Answers for people, a line each."""
    for answer in answers.found:
        status = "FAILED" if answer.status == FAILED else answer.status
        detail = f": {answer.detail}" if answer.detail else ""
        line = f"{status:<7} {QUESTIONS[answer.question]} ({answer.subject}{detail})"
        sys.stdout.write(printable(line) + "\n")
    verdict = printable(f"valid: {claims['run']}, verdict {claims['verdict']}")
    sys.stdout.write(f"{verdict if valid else 'NOT VALID: do not rely on it'}\n")


def show_json(answers: Answers, claims: Json, *, valid: bool) -> None:
    """Answers for machines, one document."""
    checks = [
        {"check": one.question, "subject": one.subject, "status": one.status, "detail": one.detail}
        for one in answers.found
    ]
    document = {"valid": valid, **claims, "checks": checks}
    sys.stdout.write(json.dumps(document) + "\n")


def show_computed(path: Path) -> int:
    """Figures and verdict of a run directory alone, sealed or not: nothing is verified by that."""
    try:
        run = read_run(read_directory(path).files)
        figures = compute_figures(run)
        document = {"verified": False, "measurements": figures, "judgement": judge(run, figures)}
    # As in `Answers.ask`: whatever breaks on files that somebody made up is one answer.
    except Exception as error:  # noqa: BLE001
        sys.stderr.write(printable(f"{path}: nothing can be computed: {str(error) or type(error).__name__}") + "\n")
        return NOT_VALID
    sys.stdout.write(json.dumps(document) + "\n")
    return VALID


def arguments() -> argparse.ArgumentParser:
    """What may be written on the command line."""
    parser = argparse.ArgumentParser(
        prog="verify_evidence.py",
        description="Check the evidence of a drill: a bundle, a run directory or a sealed PDF.",
        epilog="Exit codes: 0 valid, 5 not valid, 2 wrong use.",
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--certificate", type=Path, help="PEM certificate that you trust, got by another way")
    parser.add_argument("--register-key", type=Path, help="PEM public key of the register (Ed25519)")
    parser.add_argument("--without-register", action="store_true", help="accept a run that was entered in no register")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    parser.add_argument("--compute", action="store_true", help="only figures and verdict; verifies nothing")
    return parser


def main(given: Sequence[str] | None = None) -> int:
    """The command."""
    parser = arguments()
    asked = parser.parse_args(given)
    if not asked.path.exists():
        parser.error(f"{asked.path}: there is no such file or directory")
    if asked.compute:
        return show_computed(asked.path)
    if asked.certificate is None:
        parser.error("--certificate is needed: without a certificate that you trust, nothing is valid")
    try:
        certificates = load_certificates(asked.certificate)
        register_key = load_register_key(asked.register_key) if asked.register_key else None
    except (OSError, ValueError) as error:
        parser.error(f"no certificate, or no key, can be read there: {error}")
    trust = Trust(certificates, register_key, asked.without_register)
    answers, claims, valid = verify(asked.path, trust)
    (show_json if asked.json else show)(answers, claims, valid=valid)
    return VALID if valid else NOT_VALID


if __name__ == "__main__":
    sys.exit(main())
