"""A report shows by itself that its run is in the register, from its beginning to its end; anything else is found."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.adapters.system import SystemClock
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.evidence import parse_evidence
from reports.layout import EVIDENCE, REPORT_PDF, read_directory, sources
from reports.materials import read_materials
from reports.register.checkpoint import origin_of
from reports.register.keys import init_register_key, load_register_signer
from reports.register.log import RegisterLog
from reports.register.of_run import check_entered, end, late_beginning
from reports.register.proof import RunProof
from reports.seal import seal
from reports.verification import Check, CheckCode, Status
from reports.verify import verify
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import Story, write_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A sealed run with the register that it was entered in."""

    run: Path
    log: RegisterLog
    key: Ed25519PublicKey
    proof: RunProof


def _register(directory: Path) -> tuple[RegisterLog, Ed25519PublicKey]:
    key = init_register_key(key=directory / "register.key.pem", public=directory / "register.pub.pem")
    signer = load_register_signer(directory / "register.key.pem")
    origin = origin_of("tests")
    return RegisterLog(directory / "register", origin=origin, signer=signer, clock=SystemClock()), key


@pytest.fixture(scope="module")
def registered(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Registered:
    directory = tmp_path_factory.mktemp("registered")
    log, key = _register(directory)
    run = write_run(directory / "run", story=Story.PASSED)
    materials = read_materials(sources(read_directory(run)))
    log.append([late_beginning(materials)])
    log.append([end(materials)])
    proof = log.prove_run(materials.plan.run_id)
    seal(run, sealer=own_seal.sealer, language=Language.FRENCH, registration=proof)
    return Registered(run=run, log=log, key=key, proof=proof)


def _answer(path: Path, own_seal: Seal, *, keys: tuple[Ed25519PublicKey, ...]) -> tuple[Check, bool]:
    report = verify(path, trust=Trust(certificates=(own_seal.certificate,), register_keys=tuple(keys)))
    (check,) = [check for check in report.checks if check.code is CheckCode.REGISTER]
    return check, report.valid


@pytest.mark.parametrize("name", ["", REPORT_PDF])
def test_the_report_alone_shows_that_the_run_was_entered(registered: Registered, own_seal: Seal, name: str) -> None:
    check, valid = _answer(registered.run / name, own_seal, keys=(registered.key,))
    assert (check.status, check.detail) == (Status.OK, f"entries 0 and 1 of 2, {origin_of('tests')}")
    assert valid


def test_without_the_registers_key_nothing_is_said_of_it(registered: Registered, own_seal: Seal) -> None:
    check, valid = _answer(registered.run, own_seal, keys=())
    assert (check.status, valid) == (Status.NOTED, True)


def test_the_key_of_another_register_does_not_do(registered: Registered, own_seal: Seal, tmp_path: Path) -> None:
    _, foreign = _register(tmp_path)
    check, valid = _answer(registered.run, own_seal, keys=(foreign,))
    assert (check.status, valid) == (Status.FAILED, False)


def test_evidence_without_a_proof_says_so(sealed_once: Path, own_seal: Seal, registered: Registered) -> None:
    check, valid = _answer(sealed_once, own_seal, keys=(registered.key,))
    detail = "nothing shows that the run was entered in a register"
    assert (check.status, check.detail, valid) == (Status.FAILED, detail, False)


def test_who_says_so_accepts_evidence_without_a_proof(sealed_once: Path, own_seal: Seal) -> None:
    report = verify(sealed_once, trust=Trust(certificates=(own_seal.certificate,), without_register=True))
    assert report.valid
    assert CheckCode.REGISTER in {check.code for check in report.checks if check.status is Status.NOTED}


def test_another_end_in_the_register_is_found(registered: Registered) -> None:
    run = registered.run
    materials = read_materials(sources(read_directory(run)))
    check_entered(registered.proof, materials=materials, keys=[registered.key])
    entry = registered.proof.ended.entry
    longer = entry.event.model_copy(update={"journal_length": len(materials.entries) + 1})
    other = registered.log.append([late_beginning(materials).model_copy(update={"run_id": "another"}), longer])
    forged = registered.proof.model_copy(
        update={"ended": registered.proof.ended.model_copy(update={"entry": other[1]})}
    )
    with pytest.raises(EvidenceError):
        check_entered(forged, materials=materials, keys=[registered.key])


def test_the_report_prints_its_entries(registered: Registered) -> None:
    page = (registered.run / "report.html").read_text(encoding="utf-8")
    assert "Entrées 0 et 1 sur 2" in page
    evidence = parse_evidence((registered.run / EVIDENCE).read_bytes())
    assert evidence.registration == registered.proof
