"""What every catalogue asks over SSH on its repository's host, and how it says what went wrong. Knows no tool."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from orchestrator.adapters.backups.complaints import Complaint, failure
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import CommandResult, SshConnections
from orchestrator.core.model import Scalar
from orchestrator.core.plan import PinnedHost
from orchestrator.errors import CatalogueError, ProbeError, SshError

TIMEOUT_US = 60_000_000
"""How long a tool may take for one answer, where its catalogue says nothing else."""

Options = TypeVar("Options", bound=Question)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTool:
    """A backup tool on the host of its repository. Every method raises nothing but `CatalogueError`.

    Attributes:
        tool: The tool's name in the words of its makers, as an error gives it.
        timeout_us: How long one command may take, in microseconds.
    """

    connections: SshConnections
    host: PinnedHost
    tool: str
    timeout_us: int = TIMEOUT_US

    def read_options(self, kind: type[Options], written: Mapping[str, Scalar]) -> Options:
        """The `with` of a drill's `recovery-point`; `{name}` in a text is that inventory variable of the host."""
        try:
            address = self.connections.address(self.host.name)
            filled = {key: address.fill(value) if isinstance(value, str) else value for key, value in written.items()}
            return read_question(kind, filled, probe=self.tool)
        except (ProbeError, SshError) as error:
            raise CatalogueError(str(error), hint=error.hint) from error

    def run(self, arguments: Sequence[str], *, stdin: bytes = b"") -> CommandResult:
        """Run one command to its end; no shell interprets its arguments. An exit code that is not 0 is a value."""
        try:
            return self.connections.run(self.host.name, arguments, timeout_us=self.timeout_us, stdin=stdin)
        except SshError as error:
            raise CatalogueError(str(error), hint=error.hint) from error

    def output(
        self, arguments: Sequence[str], *, called: str, stdin: bytes = b"", complaints: Sequence[Complaint] = ()
    ) -> bytes:
        """What one command writes, which must end with 0.

        `called` is the command as an error gives it. Neither its arguments nor its own words are repeated there: they
        may hold paths, and options that are secret. `complaints` are reasons that are known by the tool's words; one
        of damage is raised as `DamagedError`.
        """
        result = self.run(arguments, stdin=stdin)
        if result.exit_code != 0:
            raise failure(
                f"host {self.host.name}",
                called=called,
                exit_code=result.exit_code,
                said=result.stderr,
                complaints=complaints,
            )
        return result.stdout

    def sha256(self, arguments: Sequence[str], *, what: str) -> str:
        """The SHA-256 of what one command writes, however much; `what` it is must not be empty."""
        try:
            exit_code, digest, size = self.connections.sha256(self.host.name, arguments, timeout_us=self.timeout_us)
        except SshError as error:
            raise CatalogueError(str(error), hint=error.hint) from error
        if exit_code != 0 or size == 0:
            raise CatalogueError(
                f"host {self.host.name}: the repository does not give {what} (exit code {exit_code})",
                hint="has the backup expired meanwhile?",
            )
        return digest

    def understand(self, parse: Callable[[bytes], Answer], content: bytes, *, known: str) -> Answer:
        """What a parser of pydantic's makes of an answer; `known` says which versions of the tool it is for."""
        try:
            return parse(content)
        except ValidationError as error:
            raise CatalogueError(
                f"host {self.host.name}: the answer of {self.tool} is not understood ({error.error_count()} places)",
                hint=f"{known} is known",
            ) from error
