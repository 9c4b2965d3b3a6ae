"""What the register says of one run: its beginning from its plan, its end from everything that it left. Pure."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from orchestrator.core.canonical import sha256
from orchestrator.core.events import RunStarted
from orchestrator.core.history import History
from orchestrator.core.model import Verdict
from orchestrator.core.plan import Plan
from orchestrator.core.results import Judgement
from orchestrator.errors import EvidenceError, ExitCode
from reports.materials import Materials
from reports.register.checkpoint import Checkpoint
from reports.register.entries import DrillEnded, DrillStarted, Ending
from reports.register.proof import RunProof, check_run_proof


def beginning(plan: Plan, *, requester: str, reason: str, change: str, retry_of: str | None = None) -> DrillStarted:
    """What is entered before anything is done: which plan is about to be carried out, who asked for it, and whether it
    is another attempt at what an earlier run did.
    """
    drill = plan.drill
    return DrillStarted(
        run_id=plan.run_id,
        drill=drill.id,
        kind=drill.kind,
        system=drill.system,
        perimeters=drill.perimeters,
        targets=tuple(host.name for host in plan.hosts),
        plan_sha256=plan.digest,
        requester=requester,
        reason=reason,
        change=change,
        retry_of=retry_of,
    )


def late_beginning(materials: Materials) -> DrillStarted:
    """The beginning of a run that was never entered, as its journal tells it; its date in the register shows that."""
    asked = next((line.event for line in History(materials.entries).of(RunStarted)), None)
    return beginning(
        materials.plan,
        requester=asked.requester if asked else "",
        reason=asked.reason if asked else "",
        change=asked.change if asked else "",
    )


def end(materials: Materials) -> DrillEnded:
    """The entry that is written before anything is signed: what the run came to, tied to the whole of its journal."""
    judgement = materials.compute()[1]
    return DrillEnded(
        run_id=materials.plan.run_id,
        ending=_ending(judgement),
        verdict=judgement.verdict,
        exit_code=judgement.exit_code,
        plan_sha256=materials.plan.digest,
        journal_length=len(materials.entries),
        journal_head=materials.head,
        journal_sha256=sha256(materials.journal),
    )


def check_entered(proof: RunProof, *, materials: Materials, keys: Sequence[Ed25519PublicKey]) -> Checkpoint:
    """Check that the register has this run as its own files tell it, and return the checkpoint that says so.

    Raises:
        EvidenceError: It is not shown, or the register tells of another run or of another end.
    """
    checkpoint = check_run_proof(proof, keys=keys, run_id=materials.plan.run_id)
    check_end(proof, materials=materials)
    return checkpoint


def check_end(proof: RunProof, *, materials: Materials) -> None:
    """Check that the end which was entered is the one that the run's files tell.

    Raises:
        EvidenceError: It is not.
    """
    if proof.ended.entry.event != end(materials):
        raise EvidenceError(f"the register says of the end of {materials.plan.run_id} what its files do not")


def _ending(judgement: Judgement) -> Ending:
    refused = judgement.verdict is Verdict.ABORTED and judgement.exit_code is ExitCode.REFUSED
    return Ending.REFUSED if refused else Ending(judgement.verdict.value)
