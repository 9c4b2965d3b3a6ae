"""Publishes checkpoints into a git repository, as a commit of the note; pushed where a remote is named."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import PublishError
from reports.register.publish import Bulletin
from reports.register.targets.directory import write_once

TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTarget:
    """A directory of a work tree. Commits with the identity that git is configured with there, and nothing else."""

    repository: Path
    folder: str
    remote: str | None = None

    @property
    def label(self) -> str:
        """What errors call it."""
        return f"git repository {self.repository}"

    def deliver(self, bulletin: Bulletin) -> None:
        """Commit the files that are not there yet, and push; see `publish.Target`."""
        if not self.repository.is_dir():
            raise PublishError(f"{self.repository}: there is no git repository", hint="clone it there first")
        names = [f"{self.folder}/{name}" for name in bulletin.files]
        (self.repository / self.folder).mkdir(parents=True, exist_ok=True)
        for name, content in bulletin.files.items():
            write_once(self.repository / self.folder / name, content)
        self._git("add", "--", *names)
        if self._git("status", "--porcelain", "--", *names):
            self._git("commit", "--quiet", f"--message={bulletin.title}", "--", *names)
        if self.remote is not None:
            self._git("push", "--quiet", self.remote, "HEAD")

    def _git(self, *arguments: str) -> str:
        # Nobody is there to be asked for a password; what git says is shown as it is, in one language.
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
        command = ["git", "-C", str(self.repository), *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS, env=environment
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PublishError(f"{self.label}: git {arguments[0]}: {error}") from error
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            hint = f"try: git -C {self.repository} {arguments[0]}"
            raise PublishError(f"{self.label}: git {arguments[0]} failed: {said}", hint=hint)
        return done.stdout
