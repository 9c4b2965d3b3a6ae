"""How a project declares whom things are sent to: the `email` and `webhook` of `reprise.yml`, and their secrets."""

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.core.secret_reference import SecretReference
from orchestrator.core.written import Definition
from orchestrator.sending.mail import MailServer, Security
from orchestrator.sending.webhook import Webhook

Secret = Callable[[str], str]
"""Gives the secret that a reference names."""


class EmailDefinition(Definition):
    """`email`: the mail server and who is written to. `password`: a reference; or a name of the environment."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(alias="from")
    to: tuple[str, ...] = Field(min_length=1)
    user: str | None = None
    user_env: str | None = None
    password: SecretReference | None = None
    password_env: str | None = None

    @property
    def password_reference(self) -> str | None:
        """Where the password is; None: nobody logs in."""
        return self.password or (f"env:{self.password_env}" if self.password_env else None)

    @property
    def user_reference(self) -> str | None:
        """Where the account's name is, where it is not written here."""
        return f"env:{self.user_env}" if self.user_env else None

    @property
    def references(self) -> tuple[str, ...]:
        """Where every secret of it is."""
        return tuple(filter(None, (self.user_reference, self.password_reference)))

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        users, passwords = _given(self.user, self.user_env), _given(self.password, self.password_env)
        if users != passwords or users > 1:
            raise ValueError("give an account (user or user-env) and its password (password or password-env), or none")
        if passwords and self.security == "none":
            raise ValueError("a password is not sent without TLS: choose starttls or tls")
        return self


class WebhookDefinition(Definition):
    """`webhook`: an address, written here or, where it is a secret itself, named by a reference; and a secret."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/\S*)?$")] | None = None
    url_from: SecretReference | None = None
    url_env: str | None = None
    secret: SecretReference | None = None
    secret_env: str | None = None

    @property
    def url_reference(self) -> str | None:
        """Where the address is, where it is not written here."""
        return self.url_from or (f"env:{self.url_env}" if self.url_env else None)

    @property
    def secret_reference(self) -> str:
        """Where the secret is."""
        return self.secret or f"env:{self.secret_env}"

    @property
    def references(self) -> tuple[str, ...]:
        """Where every secret of it is."""
        return tuple(filter(None, (self.url_reference, self.secret_reference)))

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        if _given(self.url, self.url_from, self.url_env) != 1:
            raise ValueError("give one of url, url-from and url-env")
        if _given(self.secret, self.secret_env) != 1:
            raise ValueError("give one of secret and secret-env")
        return self


def build_mail_server(email: EmailDefinition, *, secret: Secret) -> MailServer:
    """The mail server, with its secrets: `secret` is asked for each of its `references`."""
    return MailServer(
        host=email.host,
        port=email.port,
        security=Security(email.security),
        sender=email.sender,
        recipients=email.to,
        user=secret(email.user_reference) if email.user_reference else email.user,
        password=secret(email.password_reference) if email.password_reference else None,
    )


def build_webhook(webhook: WebhookDefinition, *, secret: Secret) -> Webhook:
    """The webhook, with its secrets: `secret` is asked for each of its `references`."""
    url = webhook.url or secret(webhook.url_reference or "")
    return Webhook(url=url, secret=secret(webhook.secret_reference))


def _given(*values: str | None) -> int:
    return sum(value is not None for value in values)
