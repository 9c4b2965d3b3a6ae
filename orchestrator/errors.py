"""Every error of the product, each with its exit code and, where there is one, what to do about it.

Adapters raise only these, `from` the original; `orchestrator.cli` is the only place that prints them.
"""

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command says to a shell. Documented in the README; never renumbered."""

    PASSED = 0
    FAILED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    REFUSED = 4
    EVIDENCE = 5
    DEFINITION = 6
    CLEANUP = 7
    DEFECT = 70


class RepriseError(Exception):
    """Something went wrong that a person can understand and act on.

    Args:
        message: What is wrong and where, in one sentence.
        hint: What to do about it, in one sentence.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(RepriseError):
    """The command was called in a way that has no meaning here."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a file: where it is, what is wrong, what would be right."""

    file: str
    line: int | None
    key: str
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        subject = f"{self.key}: " if self.key else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{place}: {subject}{self.message}{advice}"


class DefinitionError(RepriseError):
    """A drill, project or inventory file says something that cannot be meant. Carries every fault found."""

    exit_code = ExitCode.DEFINITION

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class SecretError(RepriseError):
    """A secret cannot be had from where it is kept. Names the reference, never the value."""

    exit_code = ExitCode.DEFINITION


class RefusedError(RepriseError):
    """The guard did not allow the drill. Nothing was touched."""

    exit_code = ExitCode.REFUSED


class EvidenceError(RepriseError):
    """Evidence is missing, altered, or not signed by somebody who is trusted."""

    exit_code = ExitCode.EVIDENCE


class JournalError(EvidenceError):
    """The journal cannot be read as an unbroken chain that starts at the plan."""


class StoreError(RepriseError):
    """The run directory cannot be written. The drill stops and cleans up; there is no verdict without a journal."""

    exit_code = ExitCode.INCONCLUSIVE


class UncleanError(RepriseError):
    """The cleanup was stopped, or refused by the guard: what the drill broke or restored may still be there."""

    exit_code = ExitCode.CLEANUP


class LockedError(RepriseError):
    """Somebody else holds one of the targets: a drill, a recovery, or the lab that is being brought up or down."""

    exit_code = ExitCode.REFUSED


class SshError(RepriseError):
    """A host could not be reached, or is not the host that it should be."""

    exit_code = ExitCode.INCONCLUSIVE


class UnknownHostKeyError(SshError):
    """The host answered with a key that is not known, or not the one that is."""

    exit_code = ExitCode.REFUSED


class ProbeError(RepriseError):
    """A probe could not be asked at all. A negative answer is a value, not this error."""

    exit_code = ExitCode.INCONCLUSIVE


class CatalogueError(RepriseError):
    """The backup tool did not say which recovery points exist, or none fits."""

    exit_code = ExitCode.INCONCLUSIVE


class NoRecoveryPointError(CatalogueError):
    """The backup tool answered: of what it was asked for there is none."""


class AnswerError(RepriseError):
    """A person's answer to a step does not count: nothing waits for it, or whoever gave it may not give it so."""

    exit_code = ExitCode.REFUSED


class AnsibleError(RepriseError):
    """A playbook could not be started, or its events did not arrive whole."""

    exit_code = ExitCode.INCONCLUSIVE


class SendError(RepriseError):
    """Nobody took what was to be sent. Names the host and what it said, never an address that is a secret."""


class PublishError(RepriseError):
    """A checkpoint could not be handed to somebody. What was entered stays entered, and the others have it."""


class LabError(RepriseError):
    """The staging lab could not be brought up or down."""


class DeliveryError(RepriseError):
    """Evidence could not be handed to another system, or did not arrive there as it was sent."""

    exit_code = ExitCode.INCONCLUSIVE
