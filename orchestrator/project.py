"""The user's project directory: `reprise.yml` as a typed definition, and where everything is that it names."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from orchestrator.core.definition import validate
from orchestrator.core.model import Identifier, Language
from orchestrator.core.own_pattern import compile_own_pattern
from orchestrator.core.plan import Boundary, Organisation
from orchestrator.core.secret_reference import SecretReference
from orchestrator.core.written import Definition
from orchestrator.core.yaml_text import Document, Place, read_yaml
from orchestrator.errors import DefinitionError, Fault, SecretError, UsageError
from orchestrator.keeping import RetentionDefinition
from orchestrator.notifying import NotifyDefinition
from orchestrator.secrets import SECRETS_HERE, Secrets
from orchestrator.sending.declared import EmailDefinition, WebhookDefinition

PROJECT_FILE = "reprise.yml"
_IN_FILES = frozenset({"file", "pkcs12"})
"""The kinds of keys whose URI begins with a path."""

_PASSWORD = re.compile(r"password|://[^/@\s]*:[^/@\s]*@", re.IGNORECASE)
"""A connection string with a password in it, in either of PostgreSQL's forms."""


class StagingDefinition(Definition):
    """`staging`: the inventory groups that drills may touch."""

    groups: tuple[str, ...] = Field(min_length=1)


class ProductionDefinition(Definition):
    """`production`: endpoints (`address:port`) that must not answer from a drill's targets."""

    endpoints: tuple[str, ...] = Field(min_length=1)


class MarkerDefinition(Definition):
    """`marker`: the file on each staging host that names this project; `{host}` stands for the host's name."""

    path: str


class SshDefinition(Definition):
    """`ssh`: the only host keys that are believed."""

    known_hosts: Path


class TimestampDefinition(Definition):
    """`signing: timestamp`: the authority that tells the time, who vouches for it, and its policy."""

    url: str = Field(pattern=r"^https?://")
    trust: tuple[Path, ...] = Field(min_length=1)
    policy: str | None = Field(default=None, pattern=r"^[0-2](\.\d+)+$")


class SigningDefinition(Definition):
    """`signing`: the key, by URI, its certificate (then those of its issuers), and who tells the time."""

    key: str
    certificate: Path
    timestamp: TimestampDefinition | None = None


class GitDefinition(Definition):
    """`git`: a clone in which checkpoints are committed, and the remote that they are pushed to."""

    repository: Path
    folder: Annotated[str, Field(pattern=r"^[\w-][\w.-]*(/[\w-][\w.-]*)*$")] = "register"
    remote: Annotated[str, Field(pattern=r"^[\w-][\w./-]*$")] | None = None


class PublishDefinition(Definition):
    """One of those whom every checkpoint is handed to."""

    file: Path | None = None
    git: GitDefinition | None = None
    email: EmailDefinition | None = None
    webhook: WebhookDefinition | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("must be one of file, git, email, webhook")
        return self

    @property
    def references(self) -> tuple[str, ...]:
        """Where the secrets are that publishing to it needs."""
        declared = self.email or self.webhook
        return declared.references if declared else ()


class RegisterDefinition(Definition):
    """`register`: to whom the checkpoints of the register are handed."""

    publish: tuple[PublishDefinition, ...] = ()


def _usable(pattern: str) -> str:
    compile_own_pattern(pattern)
    return pattern


class OwnPatternDefinition(Definition):
    """One of `privacy: patterns`: how the organisation's own numbers of people look, and what they are called."""

    name: Identifier
    pattern: Annotated[str, AfterValidator(_usable)]


class PrivacyDefinition(Definition):
    """`privacy`: what is looked for in evidence beside what everybody looks for. `names`: a file, one name a line."""

    patterns: tuple[OwnPatternDefinition, ...] = ()
    names: Path | None = None


class CatalogueDefinition(Definition):
    """`catalogue`: the optional frameworks that reports print, and the organisation's own files."""

    frameworks: tuple[Identifier, ...] = ()
    files: tuple[Path, ...] = ()


class PersonDefinition(Definition):
    """One of `people`: the roles of somebody who answers in drills, and what else the same person is called."""

    roles: tuple[Identifier, ...] = Field(min_length=1)
    accounts: tuple[str, ...] = ()


class AnsibleDefinition(Definition):
    """`ansible`: the reference of the password of Ansible Vault, for inventories, variables and references."""

    vault_password: SecretReference


class HiddenDefinition(Definition):
    """One of `environment` that is a secret itself: a connection string with a password in it."""

    secret: SecretReference


class ProjectDefinition(Definition):
    """`reprise.yml`."""

    format: Literal["reprise/project/v1"]
    name: str
    organisation: Organisation
    staging: StagingDefinition
    never: tuple[str, ...] = Field(min_length=1)
    production: ProductionDefinition
    marker: MarkerDefinition
    inventory: Path
    ssh: SshDefinition
    signing: SigningDefinition
    language: Language = Language.FRENCH
    ansible: AnsibleDefinition | None = None
    environment: dict[str, str | HiddenDefinition] = {}
    register_: RegisterDefinition = Field(default=RegisterDefinition(), alias="register")
    privacy: PrivacyDefinition = PrivacyDefinition()
    catalogue: CatalogueDefinition = CatalogueDefinition()
    people: dict[Identifier, PersonDefinition] = {}
    retention: RetentionDefinition = RetentionDefinition()
    notify: tuple[NotifyDefinition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A loaded project. Paths are absolute."""

    root: Path
    definition: ProjectDefinition

    @property
    def runs(self) -> Path:
        """Where every run has its directory."""
        return self.root / "runs"

    @property
    def dossiers(self) -> Path:
        """Where audit files have their directories, unless another place is named for one."""
        return self.root / "dossiers"

    @property
    def register(self) -> Path:
        """Where the register is."""
        return self.root / "register"

    @property
    def register_key(self) -> Path:
        """The private key that the register is signed with."""
        return self.root / "keys" / "register.key.pem"

    @property
    def register_public_key(self) -> Path:
        """The public keys that the register is verified with, the newest first."""
        return self.trust / "register.pub.pem"

    @property
    def locks(self) -> Path:
        """Where the locks of targets are."""
        return locks_of(self.root)

    @property
    def inventory(self) -> Path:
        """The Ansible inventory."""
        return self.root / self.definition.inventory

    @property
    def secrets(self) -> Secrets:
        """Where references to secrets are looked up."""
        ansible = self.definition.ansible
        return Secrets(root=self.root, vault_password=ansible.vault_password if ansible else None)

    @property
    def known_hosts(self) -> Path:
        """The known host keys."""
        return self.root / self.definition.ssh.known_hosts

    @property
    def certificate(self) -> Path:
        """The public certificate that reports are sealed with."""
        return self.root / self.definition.signing.certificate

    @property
    def key_uri(self) -> str:
        """The URI of the signing key, with a relative file made absolute."""
        scheme, _, rest = self.definition.signing.key.partition(":")
        return f"{scheme}:{self.root / rest}" if scheme in _IN_FILES else self.definition.signing.key

    @property
    def trust(self) -> Path:
        """The directory of certificates that this project trusts."""
        return self.root / "trust"

    @property
    def qualified(self) -> Path:
        """The directory of roots that this project takes for those of qualified providers (a trusted list)."""
        return self.trust / "qualified"

    @property
    def allowed_signers(self) -> Path:
        """The public keys of people, in OpenSSH's form of allowed signers."""
        return self.trust / "people"

    def answers(self, run_id: str) -> Path:
        """Where people's answers to a run are delivered."""
        return self.root / ".reprise" / "answers" / run_id

    @property
    def told(self) -> Path:
        """What was told to whom, and what did not arrive."""
        return self.root / ".reprise" / "told.jsonl"

    @property
    def boundary(self) -> Boundary:
        """What the guard decides on."""
        definition = self.definition
        return Boundary(
            project=definition.name,
            staging_groups=definition.staging.groups,
            never=definition.never,
            production_endpoints=definition.production.endpoints,
            marker_path=definition.marker.path,
        )


def locks_of(root: Path) -> Path:
    """Where a project directory has the locks of its targets, whether or not it can be loaded."""
    return root / ".reprise" / "locks"


def load_project(root: Path) -> Project:
    """Load the project of a directory.

    Raises:
        UsageError: The directory is no project.
        DefinitionError: `reprise.yml` says something that cannot be meant.
    """
    document = _read_document(root)
    definition = validate(document, ProjectDefinition)
    faults = (*_passwords(document, definition), *_repeated_patterns(document, definition))
    if faults:
        raise DefinitionError(faults)
    return Project(root=root.resolve(), definition=definition)


def project_fault(project: Project, place: Place, message: str, *, hint: str) -> Fault:
    """A fault of `reprise.yml` that shows only beside other files, with its line as the file is now."""
    return _read_document(project.root).fault(place, message, hint=hint)


def _read_document(root: Path) -> Document:
    file = root / PROJECT_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        hint = "change to a project directory, or name one with --project; `reprise init DIR` makes one"
        raise UsageError(f"{file}: there is no project here", hint=hint) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: cannot be read: {error}") from error
    return read_yaml(text, file=PROJECT_FILE)


def _passwords(document: Document, definition: ProjectDefinition) -> Iterator[Fault]:
    for name, value in definition.environment.items():
        if isinstance(value, str) and _PASSWORD.search(value):
            hint = "name a passfile (passfile=...) or a reference ({secret: ...}) instead"
            yield document.fault(("environment", name), "holds a password", hint=hint)
    timestamp = definition.signing.timestamp
    if timestamp is not None and urlsplit(timestamp.url).password is not None:
        hint = "write it to the netrc file of the account that seals"
        yield document.fault(("signing", "timestamp", "url"), "holds a password", hint=hint)


def _repeated_patterns(document: Document, definition: ProjectDefinition) -> Iterator[Fault]:
    names = [pattern.name for pattern in definition.privacy.patterns]
    for index, name in enumerate(names):
        if name in names[:index]:
            place = ("privacy", "patterns", index, "name")
            yield document.fault(place, f"is {name!r}, like one before it", hint="name each pattern differently")


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the drill's names (`dsn_env: SOURCE_DSN`) stand for: the process's environment first, then the project's."""

    declared: Mapping[str, str | HiddenDefinition]
    secrets: Secrets = SECRETS_HERE
    _known: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    """What a reference gave, so that a program is asked once."""

    def resolve(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """A question with every `..._env` key replaced by the one without, and its value looked up.

        Raises:
            DefinitionError: A name stands for nothing, or for a secret that cannot be had.
        """
        return {key.removesuffix("_env"): self._value(key, value) for key, value in question.items()}

    def _value(self, key: str, value: Any) -> Any:
        if not key.endswith("_env"):
            return value
        found = os.environ.get(value) or self.declared.get(value)
        if found is None:
            hint = f"set {value} in the environment, or under environment: in {PROJECT_FILE}"
            raise DefinitionError((_environment_fault(value, "is not set", hint=hint),))
        return self._hidden(value, found) if isinstance(found, HiddenDefinition) else found

    def _hidden(self, name: str, found: HiddenDefinition) -> str:
        if found.secret not in self._known:
            try:
                self._known[found.secret] = self.secrets.read_text(found.secret)
            except SecretError as error:
                raise DefinitionError((_environment_fault(name, str(error), hint=error.hint),)) from error
        return self._known[found.secret]


def _environment_fault(name: str, message: str, *, hint: str | None) -> Fault:
    return Fault(file=PROJECT_FILE, line=None, key=f"environment.{name}", message=message, hint=hint)
