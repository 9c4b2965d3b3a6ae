"""Who may answer in drills, as a project declares them, and what keeps an answer from being in evidence."""

from collections.abc import Mapping

from orchestrator.adapters.people.allowed_signers import parse_allowed_signers
from orchestrator.core.answers import GivenAnswer
from orchestrator.core.canonical import canonical
from orchestrator.core.drill import Drill
from orchestrator.core.events import ClaimMade
from orchestrator.core.plan import PinnedPerson, Plan
from orchestrator.engine import Request
from orchestrator.errors import DefinitionError, EvidenceError, UsageError
from orchestrator.project import PROJECT_FILE, Project, project_fault
from reports.scan import OwnRules, scan


def pinned_people(project: Project, drill: Drill) -> tuple[PinnedPerson, ...]:
    """Everybody whom the project declares, for a drill that asks people; nobody for one that does not.

    Raises:
        DefinitionError: The file of keys cannot be meant, or a step asks for a key and nobody of its roles has one.
    """
    if not drill.people_steps():
        return ()
    keys, declared = _keys(project), project.definition.people
    people = tuple(
        PinnedPerson(id=name, roles=one.roles, accounts=one.accounts, keys=keys.get(name, ()))
        for name, one in sorted(declared.items())
    )
    _check_answerable(project, drill, people)
    return people


def check_separation(plan: Plan, request: Request) -> None:
    """Whoever runs a drill that separates duties is known: of a stranger nobody could say that he did not approve it.

    Raises:
        UsageError: The account belongs to nobody whom the project declares.
    """
    separated = [step.id for step in plan.drill.people_steps() if step.question.not_by is not None]
    if separated and not any(request.account.casefold() in person.names for person in plan.people):
        hint = f"add {request.account} to the accounts of a person under people: in {PROJECT_FILE}"
        steps = ", ".join(separated)
        raise UsageError(f"{steps}: who runs the drill may not answer, and {request.account} is nobody's", hint=hint)


def unfit_for_evidence(given: GivenAnswer, *, own: OwnRules) -> str:
    """Why an answer may not be in evidence, by the scan that every file goes through; nothing where it may."""
    try:
        scan({"answer.json": canonical(given)}, own=own)
    except EvidenceError as error:
        return str(error)
    return ""


def claim_fits(claim: ClaimMade, *, own: OwnRules, vaulted: frozenset[str]) -> bool:
    """Whether what a playbook published may be in evidence: by the same scan, and no value out of the vault."""
    if isinstance(claim.value, str) and any(secret in claim.value for secret in vaulted):
        return False
    try:
        scan({"claim.json": canonical(claim)}, own=own)
    except EvidenceError:
        return False
    return True


def _keys(project: Project) -> Mapping[str, tuple[str, ...]]:
    file = project.allowed_signers
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        hint = "OpenSSH's form of allowed signers, readable by whoever runs drills"
        raise DefinitionError((project_fault(project, ("people",), f"{file}: {error}", hint=hint),)) from error
    return parse_allowed_signers(text, file=str(file.relative_to(project.root)))


def _check_answerable(project: Project, drill: Drill, people: tuple[PinnedPerson, ...]) -> None:
    """What nobody could ever answer is refused before anything is done, not when its time is over."""
    for step in drill.people_steps():
        able = [one for one in people if one.keys and set(one.roles) & set(step.question.roles)]
        if step.question.identified and not able:
            message = f"{step.id!r} of {drill.id} asks for a signature, and nobody with its roles has a key"
            hint = f"declare who has {' or '.join(step.question.roles)}, and the key in {project.allowed_signers.name}"
            raise DefinitionError((project_fault(project, ("people",), message, hint=hint),))
