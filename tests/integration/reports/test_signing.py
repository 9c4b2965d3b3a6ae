"""Seals that were issued, revoked, expired, misused; time-stamps of friends and strangers; what all of it is worth."""

import io
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from asn1crypto import cms, parser
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.evidence import Evidence
from reports.pades import read_seal
from reports.signing.archive import add_archive_stamp
from reports.signing.asking import Asking
from reports.signing.authority import Stamper
from reports.signing.container import write_seal
from reports.signing.paths import as_asn1
from reports.signing.revocation import Revocation
from reports.signing.sealer import Prepared, Sealer, prepare
from reports.signing.timestamps import CLOCK_TOLERANCE, offline
from reports.signing.worth import is_qualified_seal
from reports.verification import CheckCode, Status
from tests.integration.reports.tampered_pdf import byte_range
from tests.integration.reports.workshop import Workshop, answer, faults

Made = tuple[bytes, Prepared]
DATED = (CheckCode.TIMESTAMP, CheckCode.ARCHIVE)


@pytest.fixture(scope="module")
def timed_pdf(workshop: Workshop) -> Made:
    """An issued P-256 seal with an independent time-stamp and everything about revocation, in one revision."""
    return workshop.seal(workshop.sealer("p256"))


@pytest.mark.parametrize(
    ("label", "algorithm"), [("rsa", "RSA 3072"), ("p256", "P-256, SHA-256"), ("p384", "P-384, SHA-384")]
)
def test_an_issued_seal_is_verified_through_its_root(label: str, algorithm: str, workshop: Workshop) -> None:
    sealed, prepared = workshop.seal(workshop.sealer(label))

    checks = workshop.judge(sealed, prepared)

    assert faults(checks) == ""
    assert workshop.holds(sealed, prepared)
    assert prepared.statement.profile == "PAdES-B-LT"
    assert prepared.statement.level == 2
    assert algorithm in prepared.statement.algorithm
    assert prepared.statement.issuer == "Essai interm"
    assert answer(checks, CheckCode.CERTIFICATE).detail == "issued by Essai interm"
    assert answer(checks, CheckCode.LEVEL).detail == "level 2"


def test_an_issued_seal_may_be_trusted_by_itself(timed_pdf: Made, workshop: Workshop) -> None:
    sealed, prepared = timed_pdf
    own = Trust(certificates=(workshop.pki.certificate("seals", "p256"),), authorities=workshop.time_roots)

    assert workshop.holds(sealed, prepared, trust=own)


def test_roots_are_trusted_for_what_they_are_named_for_alone(timed_pdf: Made, workshop: Workshop) -> None:
    sealed, prepared = timed_pdf
    swapped = Trust(certificates=workshop.time_roots, authorities=workshop.seal_roots)
    without_time = replace(workshop.trust, authorities=())
    without_seal = replace(workshop.trust, certificates=())

    for trust in (swapped, without_time, without_seal):
        assert not workshop.holds(sealed, prepared, trust=trust)


def test_other_programs_agree(timed_pdf: Made, workshop: Workshop, tmp_path: Path) -> None:
    sealed, _ = timed_pdf
    (tmp_path / "report.pdf").write_bytes(sealed)
    command = ["pdfsig", "-nocert", str(tmp_path / "report.pdf")]
    said = subprocess.run(command, check=False, capture_output=True, text=True).stdout

    assert "Signature is Valid" in said
    assert "Total document signed" in said
    (signature,) = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    roots = [as_asn1(root) for root in (*workshop.seal_roots, *workshop.time_roots)]
    inside = read_seal(sealed).revocation
    assert inside is not None
    context = ValidationContext(
        trust_roots=roots,
        allow_fetching=False,
        crls=list(inside.crls),
        ocsps=list(inside.ocsps),
        revocation_mode="hard-fail",
    )
    status = validate_pdf_signature(signature, signer_validation_context=context)
    assert status.bottom_line
    assert status.summary() == "INTACT:TRUSTED,TIMESTAMP_TOKEN<INTACT:TRUSTED>,UNTOUCHED"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("expired", "had expired"),
        ("future", "was not valid yet"),
        ("revoked", "was revoked"),
        ("purpose", "not made for this purpose"),
    ],
)
def test_nothing_is_sealed_with_a_certificate_that_must_not_be_used(
    label: str, reason: str, workshop: Workshop
) -> None:
    with pytest.raises(EvidenceError, match=reason):
        prepare(workshop.sealer(label))


def _archived_by_force(sealed: bytes, sealer: Sealer, workshop: Workshop) -> bytes:
    """A time-stamp, with what both issuers say of revocation: what a holder does who looks at nothing."""
    asking = Asking(workshop.authority())
    sample = asking.about_time()
    url = f"{workshop.pki.url}/seals/crls"
    lists = tuple(requests.get(f"{url}/{name}/latest.crl", timeout=60).content for name in ("root", "interm"))
    known = asking.answers() | Revocation(crls=lists)
    find = offline(roots=sample.path[-1:], revocation=known)
    return add_archive_stamp(
        sealed, stamper=Stamper(workshop.authority(), find=find, sample=sample.token), revocation=known
    )


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("expired", "had expired"),
        ("future", "was not valid yet"),
        ("revoked", "was revoked"),
        ("purpose", "not made for this purpose"),
        ("p256", ""),
    ],
)
def test_what_was_sealed_with_such_a_certificate_all_the_same_is_refused(
    label: str, reason: str, workshop: Workshop
) -> None:
    sealer = workshop.timeless(label)
    sealed, prepared = workshop.seal(sealer)
    archived = _archived_by_force(sealed, sealer, workshop)

    checks = workshop.judge(archived, prepared)

    certificate = answer(checks, CheckCode.CERTIFICATE)
    assert certificate.status is (Status.FAILED if reason else Status.OK)
    assert reason in certificate.detail
    assert workshop.holds(archived, prepared) is not bool(reason)


def test_a_seal_of_somebody_unknown_is_refused(workshop: Workshop) -> None:
    other = replace(
        workshop.timeless("p256"),
        certificate=workshop.pki.certificate("nobody", "seal"),
        chain=(),
        signer=workshop.pki.signer("nobody", "seal"),
    )
    sealed, prepared = workshop.seal(other)

    certificate = answer(workshop.judge(sealed, prepared), CheckCode.CERTIFICATE)

    assert certificate.status is Status.FAILED
    assert "not issued by anybody who is trusted here" in certificate.detail


def test_whether_a_seal_was_revoked_must_be_known(workshop: Workshop) -> None:
    sealed, prepared = workshop.seal(workshop.timeless("p256"))

    certificate = answer(workshop.judge(sealed, prepared), CheckCode.CERTIFICATE)

    assert certificate.status is Status.FAILED
    assert "nothing here says whether it was revoked" in certificate.detail


def test_nothing_needs_to_be_known_where_nothing_is_declared(workshop: Workshop) -> None:
    sealed, prepared = workshop.seal(workshop.timeless("unchecked"))

    # The certification authority above it does declare.
    assert "nothing here says" in answer(workshop.judge(sealed, prepared), CheckCode.CERTIFICATE).detail


def test_an_authority_of_the_same_house_does_not_raise_the_level(workshop: Workshop) -> None:
    sealed, prepared = workshop.seal(workshop.sealer("p256", authority=workshop.authority("seals")))
    trust = Trust(certificates=workshop.seal_roots, authorities=workshop.seal_roots)

    checks = workshop.judge(sealed, prepared, trust=trust)

    assert faults(checks) == ""
    assert prepared.statement.authority is not None
    assert not prepared.statement.authority.independent
    assert prepared.statement.level == 1
    assert answer(checks, CheckCode.LEVEL).detail == "level 1"


def _qualified(workshop: Workshop, label: str = "qualified", *, authority: str = "qualified") -> Sealer:
    sealer = workshop.sealer(label, authority=workshop.authority(label=authority))
    return replace(sealer, qualified=(*workshop.seal_roots, *workshop.time_roots))


def _listed(workshop: Workshop) -> Trust:
    return replace(workshop.trust, qualified=(*workshop.seal_roots, *workshop.time_roots))


def test_qualified_is_what_certificates_state_and_a_trusted_list_holds(workshop: Workshop) -> None:
    sealed, prepared = workshop.seal(_qualified(workshop))

    assert prepared.statement.level == 3
    assert answer(workshop.judge(sealed, prepared, trust=_listed(workshop)), CheckCode.LEVEL).detail == "level 3"
    assert workshop.holds(sealed, prepared, trust=_listed(workshop))
    # Who names no list cannot decide, and is told so; the rest holds all the same.
    undecided = answer(workshop.judge(sealed, prepared), CheckCode.LEVEL)
    assert undecided.status is Status.NOTED
    assert "here it is 2" in undecided.detail


@pytest.mark.parametrize("listed", ["seals", "time", "nobody"])
def test_one_root_of_a_trusted_list_is_not_enough(listed: str, workshop: Workshop) -> None:
    root = workshop.pki.certificate(listed, "root")
    sealed, prepared = workshop.seal(_qualified(workshop))

    one = replace(workshop.trust, qualified=(root,))
    level = answer(workshop.judge(sealed, prepared, trust=one), CheckCode.LEVEL)

    assert level.status is Status.FAILED
    assert level.detail == "it says 3, and is 2"
    assert prepare(replace(_qualified(workshop), qualified=(root,))).statement.level == 2


@pytest.mark.parametrize(
    ("label", "authority"), [("p256", "qualified"), ("halfway", "qualified"), ("qualified", "tsa")]
)
def test_without_all_the_statements_nothing_is_qualified(label: str, authority: str, workshop: Workshop) -> None:
    sealed, prepared = workshop.seal(_qualified(workshop, label, authority=authority))

    assert prepared.statement.level == 2
    assert answer(workshop.judge(sealed, prepared, trust=_listed(workshop)), CheckCode.LEVEL).detail == "level 2"


def test_a_level_that_is_claimed_is_found_out(workshop: Workshop, timed_pdf: Made) -> None:
    sealed, prepared = timed_pdf
    bold = prepared.statement.model_copy(update={"level": 3, "qualified": True})

    level = answer(workshop.judge(sealed, replace(prepared, statement=bold)), CheckCode.LEVEL)

    assert level.status is Status.FAILED
    assert "does not state that it is qualified" in level.detail
    assert not is_qualified_seal(workshop.pki.certificate("seals", "halfway"))


def test_a_time_stamp_that_was_said_to_be_there_and_is_not(workshop: Workshop, timed_pdf: Made) -> None:
    _, prepared = timed_pdf
    bare, _ = workshop.seal(workshop.timeless("p256"))

    stamp = answer(workshop.judge(bare, prepared), CheckCode.TIMESTAMP)

    assert stamp.status is Status.FAILED
    assert stamp.detail == "it says that it bears one, and has none"


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(CLOCK_TOLERANCE, Status.OK), (CLOCK_TOLERANCE + timedelta(seconds=2), Status.FAILED)],
)
def test_a_time_stamp_from_before_the_end_of_the_run(
    ahead: timedelta, status: Status, workshop: Workshop, timed_pdf: Made
) -> None:
    sealed, prepared = timed_pdf
    archived = workshop.archive(sealed, workshop.sealer("p256"))
    assert prepared.sample is not None
    own = workshop.judge(archived, prepared)
    first, later = (datetime.fromisoformat(answer(own, code).detail.partition("Z")[0][-19:] + "Z") for code in DATED)
    assert prepared.sample.at - timedelta(seconds=1) <= first <= later

    for code, stamped_at in zip(DATED, (first, later), strict=True):
        ended = replace(workshop, evidence=_ended(workshop.evidence, stamped_at + ahead))
        found = answer(ended.judge(archived, prepared), code)
        assert found.status is status
        assert "BEFORE the end of the run" in found.detail


def _ended(evidence: Evidence, ended_at: datetime) -> Evidence:
    return evidence.model_copy(update={"journal": evidence.journal.model_copy(update={"ended_at": ended_at})})


def test_the_token_of_another_report(workshop: Workshop, timed_pdf: Made) -> None:
    sealed, prepared = timed_pdf
    other, _ = workshop.seal(workshop.sealer("p256"))
    own, *chain = (as_asn1(one) for one in workshop.sealer("p256").certificates)
    container = _container(sealed)
    signed = cms.ContentInfo.load(container)["content"]
    replayed = write_seal(signed, own=own, chain=chain, token=read_seal(other).token)
    replayed += bytes(len(container) - len(replayed))
    again = write_seal(signed, own=own, chain=chain, token=read_seal(sealed).token)
    assert container.startswith(again)

    checks = workshop.judge(_with_container(sealed, replayed), prepared)

    assert "it is over other bytes than these" in answer(checks, CheckCode.TIMESTAMP).detail
    assert not workshop.holds(_with_container(sealed, replayed), prepared)


def _container(pdf: bytes) -> bytes:
    start, end = byte_range(pdf)
    return bytes.fromhex(pdf[start:end].decode())


def _with_container(pdf: bytes, container: bytes) -> bytes:
    start, end = byte_range(pdf)
    digits = container.hex().upper().encode()
    assert len(digits) == end - start
    return pdf[:start] + digits + pdf[end:]


def structure_of(der: bytes, base: int = 0) -> set[int]:
    """Where every tag and length of a DER structure is, down to the last level, and each first byte of content."""
    found: set[int] = set()
    at = 0
    while at < len(der) and der[at]:
        try:
            _, method, tag, header, content, _ = parser.parse(der[at:])
        except ValueError:
            break
        found |= set(range(base + at, base + at + len(header) + 1))
        if method == 1 or tag == 4:
            found |= structure_of(content, base + at + len(header))
        at += len(header) + len(content)
    return {position for position in found if position < base + len(der)}


def test_no_byte_of_the_container_is_free(workshop: Workshop, timed_pdf: Made) -> None:
    sealed, prepared = timed_pdf
    container = _container(sealed)
    positions = sorted(structure_of(container) | set(range(0, len(container), 53)))
    assert workshop.holds(sealed, prepared)

    free = []
    for position in positions:
        changed = bytearray(container)
        changed[position] ^= 1
        if workshop.holds(_with_container(sealed, bytes(changed)), prepared):
            free.append(position)

    assert len(positions) > 500
    assert free == []
