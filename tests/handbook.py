"""A page of the documentation that is carried out: its files are written, its commands run, in the page's order."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

SHELL, OUTPUT, VALUES = "sh", "console", "values"
_VALUE = re.compile(r"^([a-z_]+)=", re.MULTILINE)
PATIENCE_SECONDS = 280


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of code of a page: its language, what else its info string says, its text and its line."""

    language: str
    name: str
    text: str
    line: int


def read_blocks(page: str) -> tuple[Block, ...]:
    """Every fenced block, in the order of the page. Pure."""
    return tuple(_block(token) for token in MarkdownIt().parse(page) if token.type == "fence")


def _block(token: Token) -> Block:
    language, _, name = token.info.strip().partition(" ")
    line = token.map[0] + 1 if token.map else 0
    return Block(language=language, name=name.strip(), text=token.content, line=line)


@dataclass(slots=True, kw_only=True)
class Reader:
    """Somebody who does what a page says, in a terminal.

    Attributes:
        directory: Where he is. Files and commands are taken from there, and a command may lead him elsewhere.
        settings: What is in his environment beside what every command needs: for one, what he put in for himself.
    """

    directory: Path
    settings: dict[str, str]

    def follow(self, block: Block) -> str:
        """Write the file of a block, or run its commands; return what they printed.

        `exit=N`: they must end so. `values`: what each reader puts in for himself, and this one has among his settings.
        """
        if block.language == OUTPUT:
            return ""
        if block.name == VALUES:
            assert set(_VALUE.findall(block.text)) <= self.settings.keys(), f"line {block.line}"
            return ""
        if block.language != SHELL:
            file = self.directory / block.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
            return ""
        return self._run(block)

    def _run(self, block: Block) -> str:
        expected = int(block.name.removeprefix("exit=") or 0)
        place = self.directory / ".place"
        script = f"trap 'pwd >{place}' EXIT\n{block.text}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.directory,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == expected, f"line {block.line} ended with {done.returncode}:\n{done.stdout}"
        self.directory = Path(place.read_text(encoding="utf-8").strip())
        place.unlink()
        return done.stdout

    def _environment(self) -> dict[str, str]:
        commands = Path(sys.executable).parent
        return {**os.environ, "PATH": f"{commands}:{os.environ['PATH']}", **self.settings}
