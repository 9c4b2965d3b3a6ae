"""The stand-alone verifier, run as an auditor runs it: in a process that has Python, `cryptography` and no more."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERIFIER = Path(__file__).parents[3] / "reports" / "standalone" / "verify_evidence.py"
_ALLOWED = ("cryptography", "_cffi_backend")
"""The package, and the compiled module that it needs."""
_DRIVER = """
import contextlib, io, json, runpy, sys
sys.path.append(sys.argv[1])
main = runpy.run_path(sys.argv[2])["main"]
for line in sys.stdin:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(json.loads(line))
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""
"""Many questions to one process: an exception of the verifier ends it, and the test with it."""


@dataclass(frozen=True)
class Said:
    """How the command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)

    @property
    def failures(self) -> set[tuple[str, str]]:
        """Question and subject of each check that failed."""
        return {(c["check"], c["subject"]) for c in self.document["checks"] if c["status"] == "failed"}


@dataclass(frozen=True)
class Bare:
    """A bare interpreter: isolated, no site-packages; only what is linked in `packages` can be imported."""

    packages: Path

    def ask(self, *commands: Sequence[object]) -> list[Said]:
        """Run the verifier with each of these arguments.

        Most runs here are sealed by hand and in no register: that is accepted unless the key of one is given.
        """
        lines = "".join(json.dumps(_accepting(command)) + "\n" for command in commands)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _DRIVER, str(self.packages), str(VERIFIER)],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return [Said(*json.loads(line)) for line in done.stdout.splitlines()]

    def imports(self, name: str) -> bool:
        """Whether a module can be imported there."""
        code = f"import sys; sys.path.append(sys.argv[1]); import {name}"
        command = [sys.executable, "-I", "-S", "-c", code, str(self.packages)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _accepting(command: Sequence[object]) -> list[str]:
    words = [str(part) for part in command]
    return words if "--register-key" in words else [*words, "--without-register"]


def make_bare(directory: Path) -> Bare:
    """Link the only packages that may be there."""
    for name in _ALLOWED:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        place = Path(found.origin)
        place = place.parent if found.submodule_search_locations else place
        (directory / place.name).symlink_to(place)
    return Bare(directory)
