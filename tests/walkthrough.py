"""Carries out a tutorial as a newcomer would: the blocks of shell in its Markdown, in their order, in one shell.

A block that begins with ```` ```sh ```` is run, and must end with 0; ```` ```sh expect 4 ```` must end with 4;
```` ```sh values ```` is what the reader puts in for himself, and a test too.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```sh(?P<kind>(?: [^\n]*)?)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_VALUE = re.compile(r"^(?P<name>[a-z_]+)=", re.MULTILINE)
_SECONDS = 1_500
"""For what never ends: a machine may be slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a tutorial: its text, and the exit code that the reader is told of."""

    text: str
    code: int
    values: bool


def read_blocks(file: Path) -> tuple[Block, ...]:
    """The blocks of shell of a Markdown file."""
    return tuple(_blocks(file.read_text(encoding="utf-8")))


def _blocks(text: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text):
        words = match["kind"].split()
        code = int(words[1]) if words[:1] == ["expect"] else 0
        assert words in ([], ["values"], ["expect", str(code)]), f"```sh {' '.join(words)}: unknown"
        yield Block(text=match["text"], code=code, values=words == ["values"])


def names_of_values(blocks: tuple[Block, ...]) -> set[str]:
    """What the reader is to put in."""
    return {name for block in blocks if block.values for name in _VALUE.findall(block.text)}


def carry_out(blocks: tuple[Block, ...], *, values: Mapping[str, str], directory: Path, programs: Path) -> str:
    """Run the blocks, and return all that they said. One that ends otherwise than it says fails the test.

    Args:
        blocks: Of the tutorial.
        values: For each name of its values what a test has instead.
        directory: Where the reader begins.
        programs: Where `reprise` is.
    """
    assert names_of_values(blocks) == set(values)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    # Files, not pipes: a command that reads its input would swallow the script, one that stays would hold the output.
    script, said = directory / "blocks.sh", directory / "said.txt"
    script.write_text(_script(blocks, values=values), encoding="utf-8")
    command = ["bash", "-u", "-v", "-o", "pipefail", str(script)]
    with said.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            timeout=_SECONDS,
            check=False,
        )
    shown = said.read_text(encoding="utf-8")
    assert done.returncode == 0, shown
    return shown


def _script(blocks: tuple[Block, ...], *, values: Mapping[str, str]) -> str:
    """One script: each block in the same shell, so that `cd` and variables last, and stopped at its first failure."""
    parts = [f"{name}={_quoted(value)}\n" for name, value in values.items()]
    for block in blocks:
        if not block.values:
            parts.append(_expected(block) if block.code else f"set -e\n{block.text}set +e\n")
    return "".join(parts)


def _expected(block: Block) -> str:
    wrong = f'echo "ended with $code, not with {block.code}"; exit 1'
    return f"set +e\n{block.text}code=$?\nif [ $code -ne {block.code} ]; then {wrong}; fi\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
