"""A project that lives by its own clock, and is used by the command alone."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from orchestrator.cli import reprise
from orchestrator.project import Project, load_project
from orchestrator.testing import FakeClock


class Clocked:
    """A project directory, its clock, and the command."""

    def __init__(self, root: Path, *, at: datetime) -> None:
        self.root, self.clock = root, FakeClock(at=at)

    @property
    def project(self) -> Project:
        return load_project(self.root)

    def advance_to(self, moment: datetime) -> None:
        self.clock.advance((moment - self.clock.now()) // timedelta(microseconds=1))

    def call(self, *words: str) -> Result:
        arguments = [words[0], "-C", str(self.root), *words[1:]]
        return CliRunner().invoke(reprise, arguments, catch_exceptions=False, standalone_mode=False)

    def facts(self, *words: str) -> Any:
        return json.loads(self.call(*words, "--json").stdout)
