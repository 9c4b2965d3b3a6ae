"""`notify` of `reprise.yml`: who is told, by which way, of what. Declared here, built by `adapters/notifiers/`."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from orchestrator.core.model import Identifier, Language, Scalar
from orchestrator.core.occasions import OccasionName
from orchestrator.core.secret_reference import SecretReference
from orchestrator.core.written import Definition
from orchestrator.sending.declared import EmailDefinition, WebhookDefinition

EVERYTHING = tuple(name for name in OccasionName if name is not OccasionName.TEST)
WAYS = ("apprise", "email", "uses", "webhook")


class AppriseDefinition(Definition):
    """`apprise`: chat and paging services. Their addresses are secrets, one a line: `urls` is a reference.

    `urls-env` (a name of the environment) and `urls-file` (a path) are short for two kinds of reference.
    """

    urls: SecretReference | None = None
    urls_env: str | None = None
    urls_file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(place is not None for place in (self.urls, self.urls_env, self.urls_file)) != 1:
            raise ValueError("give one of urls, urls-env and urls-file")
        return self

    @property
    def reference(self) -> str:
        """Where the addresses are."""
        return self.urls or (f"env:{self.urls_env}" if self.urls_env else f"file:{self.urls_file}")

    @property
    def references(self) -> tuple[str, ...]:
        """Where every secret of it is."""
        return (self.reference,)


def _choosable(name: OccasionName) -> OccasionName:
    if name is OccasionName.TEST:
        raise ValueError("a test goes to everybody, and is not chosen")
    return name


class NotifyDefinition(Definition):
    """One of `notify`: a way (`email`, `webhook`, `apprise`, or `uses` with the name of one that is installed).

    Without `occasions`, everything is told; without `drills` and `systems`, of every drill.
    """

    email: EmailDefinition | None = None
    webhook: WebhookDefinition | None = None
    apprise: AppriseDefinition | None = None
    uses: Identifier | None = None
    settings: dict[str, Scalar] = Field(default={}, alias="with")
    occasions: tuple[Annotated[OccasionName, AfterValidator(_choosable)], ...] = Field(default=EVERYTHING, min_length=1)
    drills: tuple[Identifier, ...] = ()
    systems: tuple[Identifier, ...] = ()
    language: Language | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.model_fields_set.intersection(WAYS)) != 1:
            raise ValueError("must have one of apprise, email, uses, webhook")
        if self.settings and self.uses is None:
            raise ValueError("with belongs to uses")
        return self

    @property
    def way(self) -> str:
        """The name of its notifier (`reprise.notifiers`)."""
        return self.uses or next(name for name in WAYS if getattr(self, name) is not None)

    @property
    def declared(self) -> EmailDefinition | WebhookDefinition | AppriseDefinition | dict[str, Scalar]:
        """What its notifier is built from."""
        return self.email or self.webhook or self.apprise or self.settings

    @property
    def references(self) -> tuple[str, ...]:
        """Where the secrets are that its notifier needs."""
        ours = self.email or self.webhook or self.apprise
        return ours.references if ours else ()
