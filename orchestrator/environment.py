"""Where `script/setup` unpacked Debian's programs and libraries on a machine that did not have them.

The file `reprise.env` lies in the virtual environment: whoever runs that interpreter finds it, from any directory.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def parse_environment(*, text: str) -> dict[str, str]:
    """The `NAME=value` lines of a file that script/setup wrote; comments and blank lines are left out."""
    lines = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


def prepared_environment() -> dict[str, str]:
    """What script/setup wrote for this interpreter; empty where the machine had everything."""
    path = Path(sys.prefix, "reprise.env")
    return parse_environment(text=path.read_text(encoding="utf-8")) if path.is_file() else {}


def extended_environment(*, environ: Mapping[str, str], prepared: Mapping[str, str]) -> dict[str, str]:
    """The environment in which programs from the private directory are found, after the machine's own, and run."""
    extended = dict(environ)
    programs, libraries = prepared.get("REPRISE_PROGRAMS", ""), prepared.get("REPRISE_LIBRARIES", "")
    if programs:
        extended["PATH"] = _joined(environ.get("PATH", os.defpath), programs)
    if libraries:
        extended["LD_LIBRARY_PATH"] = _joined(environ.get("LD_LIBRARY_PATH", ""), libraries)
    if "FONTCONFIG_FILE" in prepared:
        extended.setdefault("FONTCONFIG_FILE", prepared["FONTCONFIG_FILE"])
    return extended


def enter_prepared_environment() -> None:
    """Start this program again with what was prepared, unless it has that already.

    The loader reads LD_LIBRARY_PATH only when a process starts, and the report needs libraries (Pango) that may be
    only there. To be called first thing by the command, before anything costly is imported.
    """
    prepared = prepared_environment()
    extended = extended_environment(environ=os.environ, prepared=prepared)
    if all(os.environ.get(name) == value for name, value in extended.items()):
        return
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], extended)  # noqa: S606  ourselves, no shell


def _joined(first: str, second: str) -> str:
    """Two search paths as one, each directory once: joining again what was joined changes nothing."""
    return ":".join(dict.fromkeys(part for part in (*first.split(":"), *second.split(":")) if part))
