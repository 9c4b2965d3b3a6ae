"""Hands the newest checkpoint of a project's register to everybody whom `reprise.yml` names."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestrator.app.register import view_register
from orchestrator.core.ports import Clock
from orchestrator.errors import DefinitionError, Fault, UsageError
from orchestrator.project import PROJECT_FILE, GitDefinition, Project, PublishDefinition
from orchestrator.sending.declared import EmailDefinition, WebhookDefinition, build_mail_server, build_webhook
from reports.register.publish import Bulletin, Delivery, Target, publish
from reports.register.targets import DirectoryTarget, EmailTarget, GitTarget, WebhookTarget


def publish_checkpoint(project: Project, *, clock: Clock) -> tuple[Delivery, ...]:
    """Hand the newest checkpoint to everybody whom `reprise.yml` names.

    Raises:
        UsageError: It names nobody.
        DefinitionError: A name of the environment stands for nothing.
        EvidenceError: There is no register, or it is not what was signed.
    """
    definitions = project.definition.register_.publish
    if not definitions:
        hint = f"name somebody under register: publish: in {PROJECT_FILE}"
        raise UsageError("register: there is nobody to publish to", hint=hint)
    view = view_register(project)
    token = view.directory.read(view.directory.token(view.checkpoint.size)) or None
    bulletin = Bulletin(checkpoint=view.checkpoint, token=token, at=clock.now())
    return publish(bulletin, targets=targets_of(definitions, root=project.root, environ=os.environ))


def targets_of(
    definitions: Sequence[PublishDefinition], *, root: Path, environ: Mapping[str, str]
) -> tuple[Target, ...]:
    """Those who are published to, with what only the environment knows of them.

    Raises:
        DefinitionError: Names of the environment stand for nothing; all of them are said.
    """
    names = [name for definition in definitions for name in _names(definition)]
    faults = tuple(_unset(name) for name in names if not environ.get(name))
    if faults:
        raise DefinitionError(faults)
    return tuple(_target(definition, root=root, environ=environ) for definition in definitions)


def _target(definition: PublishDefinition, *, root: Path, environ: Mapping[str, str]) -> Target:
    match definition:
        case PublishDefinition(git=GitDefinition() as git):
            return GitTarget(repository=root / git.repository, folder=git.folder, remote=git.remote)
        case PublishDefinition(email=EmailDefinition() as email):
            return EmailTarget(server=build_mail_server(email, environ=environ))
        case PublishDefinition(webhook=WebhookDefinition() as webhook):
            return WebhookTarget(webhook=build_webhook(webhook, environ=environ))
        case PublishDefinition(file=file):
            return DirectoryTarget(path=root / (file or ""))


def _names(definition: PublishDefinition) -> tuple[str, ...]:
    declared = definition.email or definition.webhook
    return declared.secrets if declared else ()


def _unset(name: str) -> Fault:
    hint = "a secret is never written into the file"
    return Fault(file=PROJECT_FILE, line=None, key="register.publish", message=f"{name} is not set", hint=hint)
