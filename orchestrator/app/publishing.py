"""Hands the newest checkpoint of a project's register to everybody whom `reprise.yml` names."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.app.register import view_register
from orchestrator.core.ports import Clock
from orchestrator.errors import DefinitionError, Fault, SecretError, UsageError
from orchestrator.project import PROJECT_FILE, GitDefinition, Project, PublishDefinition
from orchestrator.secrets import Secrets
from orchestrator.sending.declared import EmailDefinition, WebhookDefinition, build_mail_server, build_webhook
from reports.register.publish import Bulletin, Delivery, Target, publish
from reports.register.targets import DirectoryTarget, EmailTarget, GitTarget, WebhookTarget


def publish_checkpoint(project: Project, *, clock: Clock) -> tuple[Delivery, ...]:
    """Hand the newest checkpoint to everybody whom `reprise.yml` names.

    Raises:
        UsageError: It names nobody.
        DefinitionError: A secret cannot be had.
        EvidenceError: There is no register, or it is not what was signed.
    """
    definitions = project.definition.register_.publish
    if not definitions:
        hint = f"name somebody under register: publish: in {PROJECT_FILE}"
        raise UsageError("register: there is nobody to publish to", hint=hint)
    view = view_register(project)
    token = view.directory.read(view.directory.token(view.checkpoint.size)) or None
    bulletin = Bulletin(checkpoint=view.checkpoint, token=token, at=clock.now())
    return publish(bulletin, targets=targets_of(definitions, root=project.root, secrets=project.secrets))


def targets_of(definitions: Sequence[PublishDefinition], *, root: Path, secrets: Secrets) -> tuple[Target, ...]:
    """Those who are published to, with their secrets.

    Raises:
        DefinitionError: Secrets cannot be had; all of them are said.
    """
    references = [one for definition in definitions for one in definition.references]
    found, faults = {}, []
    for reference in references:
        try:
            found[reference] = secrets.read_text(reference)
        except SecretError as error:
            faults.append(_missing(error))
    if faults:
        raise DefinitionError(tuple(faults))
    return tuple(_target(definition, root=root, found=found) for definition in definitions)


def _target(definition: PublishDefinition, *, root: Path, found: Mapping[str, str]) -> Target:
    match definition:
        case PublishDefinition(git=GitDefinition() as git):
            return GitTarget(repository=root / git.repository, folder=git.folder, remote=git.remote)
        case PublishDefinition(email=EmailDefinition() as email):
            return EmailTarget(server=build_mail_server(email, secret=found.__getitem__))
        case PublishDefinition(webhook=WebhookDefinition() as webhook):
            return WebhookTarget(webhook=build_webhook(webhook, secret=found.__getitem__))
        case PublishDefinition(file=file):
            return DirectoryTarget(path=root / (file or ""))


def _missing(error: SecretError) -> Fault:
    return Fault(file=PROJECT_FILE, line=None, key="register.publish", message=str(error), hint=error.hint)
