"""The SSH connections that Ansible keeps from step to step, as sockets below a directory; ends them."""

import subprocess
from contextlib import suppress
from pathlib import Path

_PATIENCE_SECONDS = 5


def close_masters(directory: Path) -> None:
    """End every kept connection below a directory. One that does not answer ends by itself later."""
    for socket in sorted(path for path in directory.rglob("*") if path.is_socket()):
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["ssh", "-F", "none", "-o", f"ControlPath={socket}", "-O", "exit", "none"],  # noqa: S607 - as Ansible's
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
