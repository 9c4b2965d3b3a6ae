"""The notifiers that `notify` of `reprise.yml` names, built. One that cannot be built is there, and fails each time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.core.canonical import sha256
from orchestrator.core.model import Language
from orchestrator.core.occasions import Message, OccasionName
from orchestrator.core.ports import Notifier
from orchestrator.errors import RepriseError, SendError
from orchestrator.extensions import NOTIFIERS, load_extension
from orchestrator.notifying import NotifyDefinition
from orchestrator.project import Project
from orchestrator.secrets import Secrets
from reports.telling.occasions import Occasion, names_of, subject_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One of `notify`: what it is told of, in which language, and how."""

    name: str
    """Of its kind and what it is declared as: the same wherever it stands in the list, and no secret."""
    definition: NotifyDefinition
    notifier: Notifier
    language: Language

    def wants(self, occasion: Occasion) -> bool:
        """Whether it is told of it. A test is told to everybody."""
        names, (drill, system) = names_of(occasion), subject_of(occasion)
        if OccasionName.TEST in names:
            return True
        chosen = not set(names).isdisjoint(self.definition.occasions)
        return chosen and _within(drill, self.definition.drills) and _within(system, self.definition.systems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A notifier that could not be built: each message to it fails, and says why."""

    label: str
    fault: str
    hint: str | None

    def send(self, message: Message, *, timeout_s: float) -> None:
        """See `ports.Notifier`."""
        del message, timeout_s
        raise SendError(f"{self.label}: {self.fault}", hint=self.hint)


def build_channels(project: Project, *, environ: Mapping[str, str]) -> tuple[Channel, ...]:
    """Everybody who is told, in the order of the file.

    Args:
        project: Whose `notify` it is.
        environ: Where the secrets are that are named as such.
    """
    secrets = replace(project.secrets, environ=environ)
    return tuple(
        Channel(
            name=_name(definition),
            definition=definition,
            notifier=_notifier(definition, secrets=secrets, place=f"notify {number}"),
            language=definition.language or project.definition.language,
        )
        for number, definition in enumerate(project.definition.notify, start=1)
    )


def _name(definition: NotifyDefinition) -> str:
    declared = definition.model_dump_json(by_alias=True, exclude={"occasions"})
    return f"{definition.way}-{sha256(declared.encode())[:8]}"


def _notifier(definition: NotifyDefinition, *, secrets: Secrets, place: str) -> Notifier:
    label = f"{place} ({definition.way})"
    try:
        made: Notifier = load_extension(NOTIFIERS, definition.way)(definition.declared, secrets=secrets)
    except RepriseError as error:
        return Broken(label=label, fault=str(error), hint=error.hint)
    except Exception as error:  # noqa: BLE001  an extension: no defect of its own may keep a drill from running
        # Only its kind is said: what it says may repeat a secret.
        return Broken(label=label, fault=type(error).__name__, hint="a defect of this notifier")
    return made


def _within(name: str | None, chosen: Sequence[str]) -> bool:
    """Where some are chosen, what is about no drill in particular is told all the same."""
    return not chosen or name is None or name in chosen
