"""Gets a secret from where it is kept, by its reference. What it was, no error, log or `repr` says.

The only way in which the product gets a secret: from a variable, a private file, systemd, Ansible Vault or a program.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.core.secret_reference import FORMS, Reference, SecretKind, parse_reference
from orchestrator.errors import SecretError
from orchestrator.secret_programs import print_of, read_vault

LARGEST_BYTES = 65_536
"""Of a secret: far more than any key or password."""

_CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts a service's credentials (systemd.exec, LoadCredential=)."""
_OTHERS, _EVERYBODY = 0o077, 0o007


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, which prints as nothing."""

    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """As text.

        Raises:
            SecretError: It is none.
        """
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            raise SecretError("a secret that must be text is none", hint="write it in UTF-8") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Where references are looked up.

    Args:
        root: What relative paths begin at, and where programs are started.
        vault_password: The reference of the password of Ansible Vault; None: none is known.
        environ: The environment; None: that of this process, as it is when a secret is asked for.
    """

    root: Path
    vault_password: str | None = None
    environ: Mapping[str, str] | None = field(default=None, repr=False)

    def resolve(self, text: str) -> Secret:
        """The secret that a reference names, without the line ends behind it.

        Raises:
            SecretError: It is no reference, or the secret cannot be had, is empty or may be read by others.
        """
        try:
            reference = parse_reference(text)
        except ValueError:
            raise SecretError("a secret is named by no reference that is known", hint=f"write {FORMS}") from None
        content = self._content(reference).rstrip(b"\r\n")
        if not content:
            raise SecretError(f"{reference}: it is empty", hint="put the secret there")
        return Secret(content)

    def read_text(self, reference: str) -> str:
        """The secret that a reference names, as text.

        Raises:
            SecretError: As of `resolve`, or it is no text.
        """
        return self.resolve(reference).text

    def _content(self, reference: Reference) -> bytes:
        match reference.kind:
            case SecretKind.ENV:
                return self._variable(reference)
            case SecretKind.FILE:
                return read_private_file(self.root / reference.place, name=str(reference))
            case SecretKind.CREDENTIAL:
                return self._credential(reference)
            case SecretKind.VAULT:
                return self._in_vault(reference)
            case SecretKind.COMMAND:
                return print_of(reference, directory=self.root, environ=self._environ, largest=LARGEST_BYTES)

    @property
    def _environ(self) -> Mapping[str, str]:
        return os.environ if self.environ is None else self.environ

    def _variable(self, reference: Reference) -> bytes:
        value = self._environ.get(reference.place)
        if not value:
            raise SecretError(f"{reference}: it is not set", hint=f"set {reference.place} in the environment")
        return os.fsencode(value)

    def _credential(self, reference: Reference) -> bytes:
        directory = self._environ.get(_CREDENTIALS)
        if not directory:
            hint = f"add LoadCredentialEncrypted={reference.place} to the unit, and start it by systemd"
            raise SecretError(f"{reference}: systemd gave this process no credentials", hint=hint)
        # To an account that is not root, systemd gives its credentials by an ACL: the group's bits are the ACL's mask.
        return read_private_file(Path(directory, reference.place), name=str(reference), barred=_EVERYBODY)

    def _in_vault(self, reference: Reference) -> bytes:
        if self.vault_password is None:
            hint = "name its password in reprise.yml: ansible: {vault-password: ...}"
            raise SecretError(f"{reference}: the password of Ansible Vault is not known", hint=hint)
        password = self.resolve(self.vault_password)
        return read_vault(reference, directory=self.root, password=password.content, environ=self._environ)


SECRETS_HERE = Secrets(root=Path())
"""References of no project: relative paths begin at the current directory."""


def read_private_file(path: Path, *, name: str, barred: int = _OTHERS) -> bytes:
    """The content of a file that only its owner can read: this account, or root.

    A link may lead to a file beside it or below, as where a whole directory of secrets is replaced at once; never
    elsewhere.

    Args:
        path: Where it is.
        name: What errors call it.
        barred: The bits of its mode that must not be set.

    Raises:
        SecretError: It is not there, is no plain file, is larger than a secret, or others can read or replace it.
    """
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(path.parent.resolve(strict=True)):
            raise SecretError(f"{name}: it is a link to elsewhere", hint="name the file itself")
        file = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SecretError(f"{name}: it cannot be read: {error.strerror}", hint="is the path right?") from error
    with os.fdopen(file, "rb") as opened:
        _check(os.fstat(file), name=name, path=real, barred=barred)
        content = opened.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise SecretError(f"{name}: it is larger than {LARGEST_BYTES} bytes", hint="is it the right file?")
    return content


def _check(found: os.stat_result, *, name: str, path: Path, barred: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SecretError(f"{name}: it is no file", hint="name the file that holds the secret")
    if found.st_uid not in (0, os.geteuid()):
        raise SecretError(f"{name}: it belongs to another account", hint="only its owner or root may have written it")
    if found.st_mode & barred:
        raise SecretError(f"{name}: others can read it", hint=f"chmod 600 {path}")
