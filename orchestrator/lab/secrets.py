"""The passwords of the lab's stacks: made once, kept in one file that only the operator reads."""

import json
import secrets
from pathlib import Path


class LabSecrets:
    """Passwords by name; who asks for one that there is not has it made.

    Args:
        path: The file that keeps them; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def __call__(self, name: str) -> str:
        """The password of this name."""
        return self._known.setdefault(name, secrets.token_urlsafe(24))

    @property
    def text(self) -> str:
        """What the file must hold."""
        return json.dumps(self._known, indent=1, sort_keys=True) + "\n"
