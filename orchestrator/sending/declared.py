"""How a project declares whom things are sent to: the `email` and `webhook` of `reprise.yml`, and their secrets."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.core.written import Definition
from orchestrator.sending.mail import MailServer, Security
from orchestrator.sending.webhook import Webhook


class EmailDefinition(Definition):
    """`email`: the mail server and who is written to. Account and password come from the environment."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(alias="from")
    to: tuple[str, ...] = Field(min_length=1)
    user_env: str | None = None
    password_env: str | None = None

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("user-env and password-env belong together")
        if self.password_env is not None and self.security == "none":
            raise ValueError("a password is not sent without TLS: choose starttls or tls")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names that must be set in the environment."""
        return tuple(name for name in (self.user_env, self.password_env) if name)


class WebhookDefinition(Definition):
    """`webhook`: an address, written here or, where it is a secret itself, taken from the environment."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/\S*)?$")] | None = None
    url_env: str | None = None
    secret_env: str

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give url or url-env, and not both")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names that must be set in the environment."""
        return tuple(name for name in (self.url_env, self.secret_env) if name)


def build_mail_server(email: EmailDefinition, *, environ: Mapping[str, str]) -> MailServer:
    """The mail server, with what only the environment knows of it: every one of its `secrets` is set there."""
    return MailServer(
        host=email.host,
        port=email.port,
        security=Security(email.security),
        sender=email.sender,
        recipients=email.to,
        user=environ[email.user_env] if email.user_env else None,
        password=environ[email.password_env] if email.password_env else None,
    )


def build_webhook(webhook: WebhookDefinition, *, environ: Mapping[str, str]) -> Webhook:
    """The webhook, with what only the environment knows of it: every one of its `secrets` is set there."""
    return Webhook(url=webhook.url or environ[webhook.url_env or ""], secret=environ[webhook.secret_env])
