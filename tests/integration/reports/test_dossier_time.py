"""An audit file that bears a time: of an independent authority, of one that was away, of somebody else's, too early."""

import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms

from orchestrator.core.canonical import canonical
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.completion import RENEW_BEFORE, newest_ends_at
from reports.dossier.complete import complete_dossier, read_incomplete, renew_dossier
from reports.dossier.document import parse_dossier
from reports.dossier.layout import DOSSIER_ARCHIVED, DOSSIER_JSON, DOSSIER_NAMES, DOSSIER_PDF, DOSSIER_ZIP
from reports.dossier.render import render_dossier
from reports.dossier.seal import SealedDossier, Sources, seal_dossier
from reports.dossier.verify import is_dossier, verify_dossier
from reports.envelope import DossierPredicate, add_time_stamp, parse_attestation
from reports.keys import certificate_pem
from reports.layout import ATTESTATION, RENEWALS, pack
from reports.pades import read_seal
from reports.signing.asking import Asking
from reports.signing.container import write_seal
from reports.signing.paths import as_asn1
from reports.signing.sealer import Sealer
from reports.verification import CheckCode, Status, VerificationReport
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_year import scope
from tests.integration.reports.tampered_pdf import byte_range, flip
from tests.integration.reports.test_completion import AWAY, vouchers
from tests.integration.reports.test_dossier import follow
from tests.integration.reports.test_tampering import failures
from tests.integration.reports.workshop import Workshop, answer

Members = dict[str, bytes]
ATTACHED = {Language.FRENCH: "piece", Language.ENGLISH: "attached"}
"""The folder that following the instructions makes."""
NOTHING = Sources(bundles={}, register=b"", checkpoint=None)
"""An empty period: its seal is that of a full one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Makes audit files now, and verifies them for somebody who knows both roots."""

    workshop: Workshop

    def make(self, directory: Path, *, sealer: Sealer | None = None, ahead: timedelta = timedelta()) -> SealedDossier:
        """One of nothing. `ahead`: how far the clock that dates it is."""
        asked = scope().model_copy(update={"made_at": datetime.now(UTC).replace(microsecond=0) + ahead, "drills": ()})
        own = sealer or self.workshop.sealer("p256")
        return seal_dossier(directory, scope=asked, sources=NOTHING, sealer=own, trust=self.workshop.trust)

    @property
    def away(self) -> Sealer:
        """Whose authority does not answer."""
        return self.workshop.sealer("p256", authority=replace(self.workshop.authority(), url=AWAY))

    @property
    def by_itself(self) -> Trust:
        """Who trusts the certificate of the seal by itself, and needs to know nothing about revocation."""
        return replace(self.workshop.trust, certificates=(self.workshop.pki.certificate("seals", "p256"),))

    def verify(self, path: Path) -> VerificationReport:
        """What it is found to be."""
        return verify_dossier(path, trust=self.workshop.trust)


@pytest.fixture(scope="module")
def clerk(workshop: Workshop) -> Clerk:
    return Clerk(workshop=workshop)


@pytest.fixture(scope="module")
def timed(clerk: Clerk, tmp_path_factory: pytest.TempPathFactory) -> SealedDossier:
    """Sealed with an issued certificate and an independent time-stamp. Only to be read."""
    return clerk.make(tmp_path_factory.mktemp("timed") / "dossier")


def members_of(path: Path) -> Members:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def everything_in(directory: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_dossier_bears_an_independent_time(timed: SealedDossier, clerk: Clerk) -> None:
    signature, attestation = timed.dossier.signature, parse_attestation(members_of(timed.archive)[ATTESTATION])

    assert timed.awaited is None
    assert (signature.level, signature.profile, signature.awaited) == (2, "PAdES-B-LT", False)
    assert attestation.token is not None
    assert isinstance(attestation.statement.predicate, DossierPredicate)
    assert attestation.statement.predicate.signature_level == 2
    assert "horodatage indépendant (Tiers Horodateur)" in render_dossier(timed.dossier)
    for path, dated in ((timed.archive, {DOSSIER_PDF, ATTESTATION}), (timed.pdf, {DOSSIER_PDF})):
        report = clerk.verify(path)
        assert report.failures == ()
        assert report.valid
        assert report.level == 2
        assert report.proved_at is not None
        assert report.proved_at >= timed.dossier.scope.made_at.replace(microsecond=0)
        stamps = [check for check in report.checks if check.code is CheckCode.TIMESTAMP]
        assert {check.subject for check in stamps if check.status is Status.OK} == dated
        assert all("after the making of the dossier" in check.detail for check in stamps)
    stranger = replace(clerk.workshop.trust, authorities=clerk.workshop.seal_roots)
    assert not verify_dossier(timed.archive, trust=stranger).valid


def test_pdfsig_agrees(timed: SealedDossier) -> None:
    command = ["pdfsig", "-nocert", str(timed.pdf)]
    said = subprocess.run(command, check=False, capture_output=True, text=True).stdout

    assert "Signature is Valid" in said
    assert "Total document signed" in said


@pytest.mark.parametrize(
    ("language", "dated"), [(Language.FRENCH, "attestation datée"), (Language.ENGLISH, "attestation dated")]
)
def test_its_time_can_be_verified_as_its_instructions_say(
    language: Language, dated: str, timed: SealedDossier, workshop: Workshop, tmp_path: Path
) -> None:
    shutil.unpack_archive(timed.archive, tmp_path)
    (tmp_path / "tsa.pem").write_bytes(certificate_pem(workshop.time_roots[0]))
    made_at = f"{timed.dossier.scope.made_at:%Y-%m-%dT%H:%M:%S}"

    ran = follow(tmp_path, language)

    said = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stderr
    assert dated in said
    assert any(line.startswith("Time stamp:") for line in said)
    assert any(made_at in line for line in said)
    # Of another authority, it is dated by nobody.
    (tmp_path / "tsa.pem").write_bytes(certificate_pem(workshop.seal_roots[0]))
    shutil.rmtree(tmp_path / ATTACHED[language])
    assert dated not in follow(tmp_path, language).stdout.splitlines()


def test_the_authority_is_away_and_comes_back(clerk: Clerk, workshop: Workshop, tmp_path: Path) -> None:
    made = clerk.make(tmp_path, sealer=clerk.away)
    before = everything_in(tmp_path)

    signature = made.dossier.signature
    assert made.awaited is not None
    assert "it cannot be reached" in made.awaited
    assert (signature.level, signature.profile, signature.awaited) == (1, "PAdES-B-B", True)
    assert "horodatage attendu, absent au scellement" in render_dossier(made.dossier)
    alone = verify_dossier(made.archive, trust=clerk.by_itself)
    assert alone.valid
    assert (alone.level, alone.proved_at) == (1, None)
    assert "`reprise dossier`, again, adds it" in answer(alone.checks, CheckCode.TIMESTAMP).detail

    assert read_incomplete(tmp_path) == made.dossier
    still = complete_dossier(tmp_path, sealer=clerk.away)
    assert still.awaited is not None
    assert complete_dossier(tmp_path, sealer=workshop.timeless("p256")).awaited == "no authority is set now"
    assert everything_in(tmp_path) == before

    back = complete_dossier(tmp_path, sealer=workshop.sealer("p256"))

    after = everything_in(tmp_path)
    assert back.awaited is None
    assert read_incomplete(tmp_path) is None
    assert {name for name in after if after[name] != before.get(name)} == {DOSSIER_ARCHIVED, "dossier.zip"}
    assert after[DOSSIER_ARCHIVED].startswith(before[DOSSIER_PDF])
    (tmp_path / "before.zip").write_bytes(before["dossier.zip"])
    old, new = members_of(tmp_path / "before.zip"), members_of(made.archive)
    assert {name for name in new if new[name] != old.get(name)} == {DOSSIER_ARCHIVED, ATTESTATION}
    assert parse_attestation(new[ATTESTATION]).payload == parse_attestation(old[ATTESTATION]).payload
    assert is_dossier(tmp_path / DOSSIER_ARCHIVED)
    for name in ("dossier.zip", DOSSIER_ARCHIVED):
        report = clerk.verify(tmp_path / name)
        assert report.failures == ()
        assert report.valid
        assert report.level == 2
        assert report.proved_at is not None
    for spoilt in (flip(new[DOSSIER_ARCHIVED], 100), new[DOSSIER_ARCHIVED] + b"\n", new[DOSSIER_PDF]):
        (tmp_path / "dossier.zip").write_bytes(pack({**new, DOSSIER_ARCHIVED: spoilt}))
        assert failures(clerk.verify(tmp_path / "dossier.zip")) >= {(CheckCode.ARCHIVE, DOSSIER_ARCHIVED)}


def test_a_machine_that_stops_before_the_archived_document_is_beside(
    clerk: Clerk, workshop: Workshop, tmp_path: Path
) -> None:
    clerk.make(tmp_path, sealer=clerk.away)
    complete_dossier(tmp_path, sealer=workshop.sealer("p256"))
    whole = everything_in(tmp_path)
    (tmp_path / DOSSIER_ARCHIVED).unlink()

    assert read_incomplete(tmp_path) is not None
    assert complete_dossier(tmp_path, sealer=workshop.sealer("p256")).awaited is None
    assert everything_in(tmp_path) == whole


def test_nothing_is_added_with_another_key(clerk: Clerk, workshop: Workshop, own_seal: Seal, tmp_path: Path) -> None:
    clerk.make(tmp_path, sealer=clerk.away)
    before = everything_in(tmp_path)

    with pytest.raises(EvidenceError, match="it was not signed with this key"):
        complete_dossier(tmp_path, sealer=replace(own_seal.sealer, authority=workshop.authority()))
    assert everything_in(tmp_path) == before


def test_an_authority_that_leaves_in_the_middle_was_away(clerk: Clerk, workshop: Workshop, tmp_path: Path) -> None:
    """It stamps the sample and the PDF, and not the attestation: nothing bears a time-stamp, and all of it says so."""
    asked: list[bytes] = []

    class Leaving(type(workshop.authority())):  # type: ignore[misc]
        def answer(self, query: bytes) -> bytes:
            asked.append(query)
            if len(asked) > 2:
                raise OSError("gone")
            return bytes(super().answer(query))

    there = workshop.authority()
    leaving = Leaving(url=there.url, roots=there.roots, timeout_s=there.timeout_s)
    made = clerk.make(tmp_path, sealer=workshop.sealer("p256", authority=leaving))

    assert len(asked) == 3
    assert made.awaited is not None
    assert made.dossier.signature.awaited
    assert read_seal(made.pdf.read_bytes()).token is None
    assert parse_attestation(members_of(made.archive)[ATTESTATION]).token is None
    assert verify_dossier(made.archive, trust=clerk.by_itself).valid


def test_an_authority_whose_clock_is_not_there_yet_is_of_no_use(clerk: Clerk, tmp_path: Path) -> None:
    made = clerk.make(tmp_path, ahead=timedelta(hours=1))

    assert made.awaited is not None
    assert "its time, " in made.awaited
    assert complete_dossier(tmp_path, sealer=clerk.workshop.sealer("p256")).awaited is not None
    assert not (tmp_path / DOSSIER_ARCHIVED).exists()


def _replayed(members: Members, workshop: Workshop) -> Members:
    token = Asking(workshop.authority()).stamp(b"another attestation's signature").token
    return {**members, ATTESTATION: add_time_stamp(members[ATTESTATION], token=token)}


def _forged(members: Members, workshop: Workshop) -> Members:
    """The time-stamp's own signature, changed in one bit."""
    token = parse_attestation(members[ATTESTATION]).token
    assert token is not None
    return {**members, ATTESTATION: add_time_stamp(members[ATTESTATION], token=flip(token, len(token) - 20))}


def _too_early(members: Members, workshop: Workshop) -> Members:
    """The document says that it was made after it was time-stamped."""
    dossier = parse_dossier(members[DOSSIER_JSON])
    later = dossier.scope.model_copy(update={"made_at": dossier.scope.made_at + timedelta(hours=1)})
    return {**members, DOSSIER_JSON: canonical(dossier.model_copy(update={"scope": later}))}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_replayed, "it is over other bytes than these"),
        (_forged, "time-stamp: its signature"),
        (_too_early, "BEFORE the making of the dossier"),
    ],
)
def test_a_time_stamp_that_proves_nothing_is_named(
    change: Callable[[Members, Workshop], Members], reason: str, timed: SealedDossier, clerk: Clerk, tmp_path: Path
) -> None:
    path = tmp_path / "dossier.zip"
    path.write_bytes(pack(change(members_of(timed.archive), clerk.workshop)))

    report = clerk.verify(path)

    assert not report.valid
    wrong = [check for check in report.failures if (check.code, check.subject) == (CheckCode.TIMESTAMP, ATTESTATION)]
    assert [reason in check.detail for check in wrong] == [True], wrong


def test_the_token_of_another_dossier_in_the_seal(timed: SealedDossier, clerk: Clerk, tmp_path: Path) -> None:
    sealed = timed.pdf.read_bytes()
    other = Asking(clerk.workshop.authority()).stamp(b"another seal").token
    start, end = byte_range(sealed)
    container = bytes.fromhex(sealed[start:end].decode())
    own, *chain = (as_asn1(one) for one in clerk.workshop.sealer("p256").certificates)
    replayed = write_seal(cms.ContentInfo.load(container)["content"], own=own, chain=chain, token=other)
    replayed += bytes(len(container) - len(replayed))
    path = tmp_path / "dossier.pdf"
    path.write_bytes(sealed[:start] + replayed.hex().upper().encode() + sealed[end:])

    report = clerk.verify(path)

    assert (CheckCode.TIMESTAMP, DOSSIER_PDF) in failures(report)
    assert "it is over other bytes than these" in answer(report.checks, CheckCode.TIMESTAMP).detail


@pytest.fixture
def copied(timed: SealedDossier, tmp_path: Path) -> Path:
    """The directory of a dossier that bears a time, to be changed."""
    return Path(shutil.copytree(timed.archive.parent, tmp_path / "dossier"))


def test_what_ages_of_a_dossier_is_renewed_and_nothing_else(copied: Path, clerk: Clerk, workshop: Workshop) -> None:
    asked, before, old = vouchers(workshop), everything_in(copied), members_of(copied / DOSSIER_ZIP)
    ends_at = newest_ends_at(old, authority=asked.authority, names=DOSSIER_NAMES)
    assert ends_at is not None
    day = timedelta(days=1)

    young = renew_dossier(copied, vouchers=asked, now=ends_at - RENEW_BEFORE - day, force=False)
    assert young.files == {}
    assert everything_in(copied) == before

    first = renew_dossier(copied, vouchers=asked, now=ends_at - RENEW_BEFORE + day, force=False)
    second = renew_dossier(copied, vouchers=asked, now=ends_at - RENEW_BEFORE + day, force=True)

    new, after = members_of(copied / DOSSIER_ZIP), everything_in(copied)
    for renewed in (first, second):
        assert set(renewed.files) == {DOSSIER_ARCHIVED, RENEWALS}
    assert {name for name in new if new[name] != old.get(name)} == {DOSSIER_ARCHIVED, RENEWALS}
    assert after[DOSSIER_PDF] == before[DOSSIER_PDF] == new[DOSSIER_PDF]
    assert after[DOSSIER_ARCHIVED] == new[DOSSIER_ARCHIVED] == second.files[DOSSIER_ARCHIVED]
    assert new[DOSSIER_ARCHIVED].startswith(first.files[DOSSIER_ARCHIVED])
    assert first.files[DOSSIER_ARCHIVED].startswith(before[DOSSIER_PDF])
    for name, renewed_in in ((DOSSIER_ZIP, [DOSSIER_ARCHIVED, RENEWALS]), (DOSSIER_ARCHIVED, [DOSSIER_ARCHIVED])):
        report = clerk.verify(copied / name)
        assert report.failures == ()
        assert (report.valid, report.level) == (True, 2)
        answers = [check for check in report.checks if check.code is CheckCode.ARCHIVE]
        assert [check.subject for check in answers] == renewed_in
        assert all(check.status is Status.OK and check.detail.startswith("2, the ") for check in answers)


def test_a_machine_that_stops_between_archive_and_document(copied: Path, workshop: Workshop) -> None:
    renew_dossier(copied, vouchers=vouchers(workshop), now=datetime.now(UTC), force=True)
    whole = everything_in(copied)
    (copied / DOSSIER_ARCHIVED).write_bytes(whole[DOSSIER_PDF])

    assert renew_dossier(copied, vouchers=vouchers(workshop), now=datetime.now(UTC), force=False).files == {}
    assert everything_in(copied) == whole


def test_a_dossier_without_any_time_gets_one(clerk: Clerk, workshop: Workshop, tmp_path: Path) -> None:
    clerk.make(tmp_path, sealer=clerk.away)
    gone = replace(vouchers(workshop), authority=replace(workshop.authority(), url=AWAY))
    before = everything_in(tmp_path)

    assert "it cannot be reached" in str(
        renew_dossier(tmp_path, vouchers=gone, now=datetime.now(UTC), force=False).away
    )
    assert everything_in(tmp_path) == before

    back = renew_dossier(tmp_path, vouchers=vouchers(workshop), now=datetime.now(UTC), force=False)

    assert set(back.files) == {DOSSIER_ARCHIVED, ATTESTATION}
    assert read_incomplete(tmp_path) is None
    report = clerk.verify(tmp_path / DOSSIER_ZIP)
    assert (report.valid, report.level) == (True, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda members: {DOSSIER_PDF: members[DOSSIER_PDF] + b"\n"}, "it is not the file that was sealed"),
        (lambda members: {"register/register.jsonl": b"{}\n"}, "it is not the file that was sealed"),
    ],
)
def test_what_is_not_as_it_was_sealed_is_not_renewed(
    change: Callable[[Members], Members], reason: str, copied: Path, workshop: Workshop
) -> None:
    members = members_of(copied / DOSSIER_ZIP)
    (copied / DOSSIER_ZIP).write_bytes(pack({**members, **change(members)}))
    before = everything_in(copied)

    with pytest.raises(EvidenceError, match=reason):
        renew_dossier(copied, vouchers=vouchers(workshop), now=datetime.now(UTC), force=True)
    assert everything_in(copied) == before


def test_a_dossier_of_an_unknown_key_is_not_renewed_and_one_of_an_earlier_key_is(
    copied: Path, clerk: Clerk, workshop: Workshop
) -> None:
    sealer = workshop.sealer("rsa")
    now_rsa = replace(vouchers(workshop), certificate=sealer.certificate, chain=sealer.chain)

    with pytest.raises(EvidenceError, match="sealed with a certificate that is not trusted here"):
        renew_dossier(copied, vouchers=replace(now_rsa, roots=()), now=datetime.now(UTC), force=True)
    assert set(renew_dossier(copied, vouchers=now_rsa, now=datetime.now(UTC), force=True).files) == {
        DOSSIER_ARCHIVED,
        RENEWALS,
    }
    assert clerk.verify(copied / DOSSIER_ZIP).valid


def test_renewals_that_are_not_of_this_dossier(copied: Path, clerk: Clerk, workshop: Workshop, tmp_path: Path) -> None:
    renew_dossier(copied, vouchers=vouchers(workshop), now=datetime.now(UTC), force=True)
    members = members_of(copied / DOSSIER_ZIP)
    other = clerk.make(tmp_path / "other")

    for spoilt in (
        {**members, RENEWALS: members[RENEWALS] + b"\n"},
        {**members, RENEWALS: b"[]"},
        {**members_of(other.archive), RENEWALS: members[RENEWALS]},
    ):
        (copied / DOSSIER_ZIP).write_bytes(pack(spoilt))
        assert failures(clerk.verify(copied / DOSSIER_ZIP)) == {(CheckCode.ARCHIVE, RENEWALS)}
