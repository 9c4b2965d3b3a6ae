"""An audit file that somebody changed: each byte of each kind of member, members swapped, figures left out."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from orchestrator.core.canonical import canonical, sha256
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError
from reports.dossier.document import Dossier, parse_dossier
from reports.dossier.extract import CHECKPOINT, REGISTER
from reports.dossier.layout import DOSSIER_ARCHIVED, DOSSIER_JSON, DOSSIER_PDF, bundle_name
from reports.dossier.render import draw_dossier
from reports.dossier.seal import SealedDossier, Sources, seal_dossier, state_dossier
from reports.dossier.verify import verify_dossier
from reports.envelope import sign_statement
from reports.layout import ATTESTATION, pack
from reports.pdf import seal_pdf
from reports.register.checkpoint import origin_of
from reports.verification import Check, CheckCode, Status, VerificationReport
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_register import ORIGIN, SECRET
from tests.integration.reports.example_year import Year, live_a_year, scope
from tests.integration.reports.tampered_pdf import flip
from tests.integration.reports.test_tampering import failures

Members = dict[str, bytes]
FOREIGN = Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32)


@pytest.fixture(scope="session")
def year(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """Half of it is enough."""
    return live_a_year(tmp_path_factory.mktemp("short"), own_seal, halves=1)


@pytest.fixture(scope="session")
def made(year: Year, tmp_path_factory: pytest.TempPathFactory) -> SealedDossier:
    """Only to be read."""
    return year.make(tmp_path_factory.mktemp("made"), language=Language.FRENCH)


@pytest.fixture(scope="session")
def members(made: SealedDossier) -> Members:
    """What is in the archive."""
    with zipfile.ZipFile(made.archive) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def check(tmp_path: Path, own_seal: Seal) -> Callable[[Members], VerificationReport]:
    """Verify an archive of these members."""

    def verified(changed: Members) -> VerificationReport:
        path = tmp_path / "dossier.zip"
        path.write_bytes(pack(changed))
        report = verify_dossier(path, trust=own_seal.trust)
        assert not report.valid
        return report

    return verified


Verify = Callable[[Members], VerificationReport]


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_a_byte_of_any_member(part: float, members: Members, check: Verify) -> None:
    for name, content in members.items():
        changed = {**members, name: flip(content, int((len(content) - 1) * part))}

        report = check(changed)

        wrong = {check.subject for check in report.failures}
        assert wrong, name
        if name not in (DOSSIER_JSON, ATTESTATION):
            assert name in wrong


def test_any_member_that_is_missing(members: Members, check: Verify) -> None:
    for name in members:
        report = check({other: content for other, content in members.items() if other != name})
        assert name in {check.subject for check in report.failures} or any(name in c.detail for c in report.failures)


def test_a_member_that_nobody_signed(members: Members, check: Verify) -> None:
    report = check({**members, "runs/another.zip": members[_bundles(members)[0]]})

    assert (CheckCode.FILE_UNBOUND, "runs/another.zip") in failures(report)
    assert (CheckCode.REPORTS, "runs/another.zip") in failures(report)


def test_a_bundle_in_the_place_of_another(members: Members, check: Verify) -> None:
    one, other = _bundles(members)[:2]

    report = check({**members, one: members[other], other: members[one]})

    assert {(CheckCode.FILE_DIGEST, one), (CheckCode.FILE_DIGEST, other)} <= failures(report)
    assert {(CheckCode.REPORTS, one), (CheckCode.REPORTS, other)} <= failures(report)


def test_bytes_behind_the_archive(made: SealedDossier, own_seal: Seal, tmp_path: Path) -> None:
    path = tmp_path / "dossier.zip"
    path.write_bytes(made.archive.read_bytes() + b"\0")

    assert failures(verify_dossier(path, trust=own_seal.trust)) == {(CheckCode.READABLE, "dossier.zip")}


def test_an_entry_left_out_of_the_register(members: Members, year: Year, check: Verify) -> None:
    """Not the last one: the chain is broken, whoever signs."""
    lines = members[REGISTER].split(b"\n")
    report = check(_signed_again({**members, REGISTER: b"\n".join([*lines[:3], *lines[4:]])}, year.seal))

    assert failures(report) == {(CheckCode.REGISTER_CHAIN, REGISTER)}


def test_the_end_of_the_register_cut_off(members: Members, year: Year, check: Verify) -> None:
    """By somebody who has the key: the checkpoint counts more lines than there are, and the figures are others."""
    lines = members[REGISTER].split(b"\n")
    report = check(_signed_again({**members, REGISTER: b"\n".join([*lines[:-3], b""])}, year.seal))

    codes = {code for code, _ in failures(report)}
    assert {CheckCode.REGISTER_ROOT, CheckCode.DOSSIER} <= codes


def test_a_checkpoint_of_another_register(members: Members, year: Year, check: Verify) -> None:
    text = year.register.checkpoint(3).encode()
    report = check(_signed_again({**members, CHECKPOINT: text.replace(b"\n3\n", b"\n4\n")}, year.seal))

    assert (CheckCode.REGISTER_ROOT, CHECKPOINT) in failures(report)


def test_a_checkpoint_that_is_none(members: Members, year: Year, check: Verify) -> None:
    report = check(_signed_again({**members, CHECKPOINT: b"\xff"}, year.seal))

    assert not report.valid
    assert any(CHECKPOINT in check.detail for check in report.failures)


def _asked(members: Members, seal: Seal, path: Path, *keys: Ed25519PublicKey) -> tuple[Check, bool]:
    """What is said of the checkpoint's signature by whoever trusts these keys; whether all of it is valid."""
    path.write_bytes(pack(members))
    report = verify_dossier(path, trust=replace(seal.trust, register_keys=keys))
    (check,) = [check for check in report.checks if check.code is CheckCode.REGISTER_SIGNATURE]
    assert check.subject == CHECKPOINT
    return check, report.valid


def test_the_key_of_the_register_signed_the_checkpoint(members: Members, year: Year, tmp_path: Path) -> None:
    path, key = tmp_path / "dossier.zip", SECRET.public_key()

    check, valid = _asked(members, year.seal, path, FOREIGN.public_key(), key)
    assert (check.status, valid) == (Status.OK, True)
    assert check.detail == f"{len(year.register.entries)} lines, {ORIGIN}"
    assert _asked(members, year.seal, path)[0].status is Status.NOTED
    check, valid = _asked(members, year.seal, path, FOREIGN.public_key())
    assert (check.status, valid) == (Status.FAILED, False)


def test_a_checkpoint_that_the_register_did_not_sign(members: Members, year: Year, tmp_path: Path) -> None:
    """Whoever has the key of the seal makes the whole dossier anew around a checkpoint of his own."""
    register, key = year.register, SECRET.public_key()
    whole = register.checkpoint()
    for label, text in {
        "another key": register.checkpoint(secret=FOREIGN),
        "another name": whole.replace(ORIGIN, origin_of("other")),
        "another body": whole.replace(f"\n{len(register.entries)}\n", "\n3\n"),
        "none": None,
    }.items():
        sources = Sources(bundles=year.bundles, register=register.content, checkpoint=text)
        forged = year.make(tmp_path / label, language=Language.FRENCH, sources=sources)
        with zipfile.ZipFile(forged.archive) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}

        check, valid = _asked(content, year.seal, tmp_path / "dossier.zip", key)

        assert (check.status, valid) == (Status.FAILED, False), label


def test_nothing_is_made_from_a_checkpoint_that_the_register_did_not_sign(year: Year, tmp_path: Path) -> None:
    text = year.register.checkpoint(secret=FOREIGN)
    with pytest.raises(EvidenceError, match="register/checkpoint: no key that is trusted here signed it"):
        seal_dossier(
            tmp_path / "made",
            scope=scope(),
            sources=Sources(bundles={}, register=year.register.content, checkpoint=text),
            sealer=year.seal.sealer,
            trust=replace(year.seal.trust, register_keys=(SECRET.public_key(),)),
        )
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("part", ["counts", "coverage", "programme", "runs", "proof"])
def test_a_figure_changed_by_somebody_who_has_the_key(part: str, members: Members, year: Year, check: Verify) -> None:
    """Everything is signed again, the PDF included, and draws what it says: only computing it again finds it."""
    dossier = _embellished(parse_dossier(members[DOSSIER_JSON]), part)
    document = canonical(dossier)
    drawn = draw_dossier(dossier, document=document)
    seal = year.seal
    pdf = seal_pdf(drawn, signer=seal.signer, certificate=seal.certificate, reason="Dossier d’audit")
    changed = {**members, DOSSIER_JSON: document, DOSSIER_PDF: pdf}

    report = check(_signed_again(changed, seal))

    assert CheckCode.DOSSIER in {code for code, _ in failures(report)}
    wrong = [check for check in report.failures if check.code is CheckCode.DOSSIER]
    assert part in wrong[0].detail


def test_a_report_left_out_by_somebody_who_has_the_key(members: Members, year: Year, check: Verify) -> None:
    name = bundle_name(year.runs["failed"].name)
    left = {other: content for other, content in members.items() if other != name}

    report = check(_signed_again(left, year.seal))

    assert {(CheckCode.REPORTS, name), (CheckCode.DOSSIER, DOSSIER_JSON)} <= failures(report)


def test_a_drawing_that_says_something_else(made: SealedDossier, members: Members, year: Year, check: Verify) -> None:
    other = made.dossier.model_copy(update={"counts": made.dossier.counts.model_copy(update={"planned": 99})})
    drawn = draw_dossier(other, document=members[DOSSIER_JSON])
    seal = year.seal
    pdf = seal_pdf(drawn, signer=seal.signer, certificate=seal.certificate, reason="Dossier d’audit")

    report = check(_signed_again({**members, DOSSIER_PDF: pdf}, seal))

    assert failures(report) == {(CheckCode.PDF_REDRAWN, DOSSIER_PDF)}


def test_a_dossier_of_somebody_else_under_the_same_name(members: Members, foreign_seal: Seal, check: Verify) -> None:
    report = check(_signed_again(members, foreign_seal))

    assert (CheckCode.ATTESTATION_SIGNATURE, ATTESTATION) in failures(report)


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.95])
def test_a_byte_of_the_document_alone(part: float, made: SealedDossier, own_seal: Seal, tmp_path: Path) -> None:
    content = made.pdf.read_bytes()
    path = tmp_path / "dossier.pdf"
    path.write_bytes(flip(content, int(len(content) * part)))

    assert not verify_dossier(path, trust=own_seal.trust).valid


def test_something_appended_to_the_document_alone(made: SealedDossier, own_seal: Seal, tmp_path: Path) -> None:
    path = Path(shutil.copy(made.pdf, tmp_path / "dossier.pdf"))
    with path.open("ab") as file:
        file.write(b"\n% more\n")

    report = verify_dossier(path, trust=own_seal.trust)

    # What follows a sealed document may be archive time-stamps, and this is none.
    assert failures(report) == {(CheckCode.ARCHIVE, DOSSIER_ARCHIVED)}


def test_what_other_versions_drew_is_not_compared_and_is_said(
    made: SealedDossier, own_seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.dossier.verify.program_versions", lambda: {"reprise-drills": "9"})

    report = verify_dossier(made.archive, trust=own_seal.trust)

    assert report.valid
    noted = {check.code for check in report.checks if check.status is Status.NOTED}
    assert {CheckCode.PDF_REDRAWN, CheckCode.FILE_UNBOUND} <= noted


def test_dates_that_no_calendar_goes_to_are_no_traceback(members: Members, year: Year, check: Verify) -> None:
    document = json.loads(members[DOSSIER_JSON])
    document["scope"]["made_at"] = "9999-12-31T23:59:59Z"
    report = check(_signed_again({**members, DOSSIER_JSON: rfc8785.dumps(document)}, year.seal))

    assert CheckCode.DOSSIER in {check.code for check in report.failures}


def test_the_statement_names_every_file(members: Members) -> None:
    bundle = json.loads(members[ATTESTATION])
    assert bundle["mediaType"].startswith("application/vnd.dev.sigstore.bundle")
    assert {DOSSIER_JSON, DOSSIER_PDF, REGISTER, CHECKPOINT} <= members.keys()


def test_a_bundle_that_changes_while_the_dossier_is_made(year: Year, tmp_path: Path) -> None:
    name = year.runs["passed"].name
    whole = year.bundles[name]()
    turns = iter([whole, flip(whole, 100)])
    sources = Sources(
        bundles={name: lambda: next(turns)}, register=year.register.content, checkpoint=year.register.checkpoint()
    )

    with pytest.raises(Exception, match="changed while the dossier was made"):
        year.make(tmp_path, language=Language.FRENCH, sources=sources)
    assert list(tmp_path.iterdir()) == []


def _bundles(members: Members) -> list[str]:
    return [name for name in members if name.startswith("runs/")]


def _signed_again(members: Members, seal: Seal) -> Members:
    """The attestation made anew over whatever the members are now."""
    beside = {ATTESTATION, "trust/seal.crt.pem", "VERIFY.md"}
    digests = {name: sha256(content) for name, content in members.items() if name not in beside}
    statement = state_dossier(parse_dossier(members[DOSSIER_JSON]), digests=digests)
    return {**members, ATTESTATION: sign_statement(statement, signer=seal.signer)}


def _embellished(dossier: Dossier, part: str) -> Dossier:
    """One thing made better than it is."""
    first = dossier.runs[0]
    changes: dict[str, object] = {
        "counts": dossier.counts.model_copy(update={"untested_systems": 0}),
        "coverage": dossier.coverage.model_copy(update={"untested_systems": ()}),
        "programme": dossier.programme.model_copy(update={"occurrences": dossier.programme.occurrences[1:]}),
        "runs": (first.model_copy(update={"requester": "somebody else"}), *dossier.runs[1:]),
        "proof": dossier.proof.model_copy(update={"beyond": 7}),
    }
    return dossier.model_copy(update={part: changes[part]})
