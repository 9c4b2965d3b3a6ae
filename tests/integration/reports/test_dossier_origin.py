"""A key that signs the registers of two projects: the audit file of one does not pass with the other's register."""

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.errors import EvidenceError
from reports.assessment import Trust
from reports.dossier.document import parse_dossier
from reports.dossier.extract import CHECKPOINT
from reports.dossier.layout import DOSSIER_JSON, bundle_name
from reports.dossier.seal import Sources, seal_dossier, state_dossier
from reports.dossier.verify import verify_dossier
from reports.envelope import sign_statement
from reports.layout import ATTESTATION, BUNDLE, pack, read_directory, sources
from reports.materials import read_materials
from reports.register.checkpoint import origin_of
from reports.register.of_run import end, late_beginning
from reports.register.proof import build_run_proof
from reports.register.tree import Tree
from reports.seal import seal
from reports.verification import Check, CheckCode, Status
from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_register import ORIGIN, SECRET, Register
from tests.integration.reports.example_run import RUN_ID, STARTED, write_run
from tests.integration.reports.example_year import scope

OTHER = origin_of("other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """One run whose report shows it in the register, and that register."""

    run: Path
    register: Register
    seal: Seal

    @property
    def trust(self) -> Trust:
        """Who knows the key of the register, as that of this project."""
        return replace(self.seal.trust, register_keys=(SECRET.public_key(),))

    def sources(self, *, origin: str) -> Sources:
        """What a dossier is made from: the checkpoint by the right key, under this name."""
        return Sources(
            bundles={RUN_ID: (self.run / BUNDLE).read_bytes},
            register=self.register.content,
            checkpoint=self.register.checkpoint(origin=origin),
        )


@pytest.fixture(scope="module")
def entered(own_seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Entered:
    run, register, tree = write_run(tmp_path_factory.mktemp("entered") / RUN_ID), Register(), Tree()
    materials = read_materials(sources(read_directory(run)))
    for event in (late_beginning(materials), end(materials)):
        tree.append(register.add(STARTED, event).line)
    proof = build_run_proof(
        register.entries, path=lambda seq: tree.inclusion(seq, size=2), note=register.checkpoint().encode(), token=None
    )
    seal(run, sealer=own_seal.sealer, language=Language.FRENCH, registration=proof)
    return Entered(run=run, register=register, seal=own_seal)


def _signature(path: Path, entered: Entered) -> tuple[list[Check], bool]:
    report = verify_dossier(path, trust=entered.trust)
    return [check for check in report.checks if check.code is CheckCode.REGISTER_SIGNATURE], report.valid


def test_the_register_of_another_project_is_named(entered: Entered, tmp_path: Path) -> None:
    made = seal_dossier(
        tmp_path / "made",
        scope=scope(),
        sources=entered.sources(origin=ORIGIN),
        sealer=entered.seal.sealer,
        trust=entered.trust,
    )
    (own,), valid = _signature(made.archive, entered)
    assert (own.status, valid) == (Status.OK, True)

    with zipfile.ZipFile(made.archive) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[CHECKPOINT] = entered.register.checkpoint(origin=OTHER).encode()
    beside = {ATTESTATION, "trust/seal.crt.pem", "VERIFY.md"}
    digests = {name: sha256(content) for name, content in members.items() if name not in beside}
    statement = state_dossier(parse_dossier(members[DOSSIER_JSON]), digests=digests)
    members[ATTESTATION] = sign_statement(statement, signer=entered.seal.signer)
    (tmp_path / "dossier.zip").write_bytes(pack(members))

    (signed, stranger), valid = _signature(tmp_path / "dossier.zip", entered)

    assert (signed.status, stranger.status, valid) == (Status.OK, Status.FAILED, False)
    assert stranger.detail == (
        f"{bundle_name(RUN_ID)}: its run was entered in the register {ORIGIN}, and the one here is {OTHER}"
    )


def test_no_dossier_is_made_with_the_register_of_another_project(entered: Entered, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=f"{RUN_ID}: its run was entered in the register {ORIGIN}"):
        seal_dossier(
            tmp_path,
            scope=scope(),
            sources=entered.sources(origin=OTHER),
            sealer=entered.seal.sealer,
            trust=entered.trust,
        )
    assert list(tmp_path.iterdir()) == []
