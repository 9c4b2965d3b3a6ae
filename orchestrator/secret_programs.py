"""Secrets that a program hands over: what it prints, in bounded time and size; and values of Ansible Vault's files.

Nothing secret is in any argument. What a program says on its error output is not shown: it may be the secret.
"""

import os
import selectors
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import yaml

from orchestrator.core.secret_reference import Reference
from orchestrator.errors import SecretError

TIMEOUT_S = 30
"""A program may unlock a key; nobody waits for ever."""
LARGEST_VAULT_BYTES = 1_048_576
_CHUNK_BYTES = 65_536


def print_of(reference: Reference, *, directory: Path, environ: Mapping[str, str], largest: int) -> bytes:
    """What the program of a `command:` reference prints. It gets no input, and no shell reads it.

    Raises:
        SecretError: It cannot be run, fails, takes too long or prints too much.
    """
    return _output(
        shlex.split(reference.place), name=str(reference), directory=directory, environ=environ, largest=largest
    )


def read_vault(reference: Reference, *, directory: Path, password: bytes, environ: Mapping[str, str]) -> bytes:
    """The value of a `vault:FILE#KEY` reference; `KEY` may be a path of keys (`smtp/password`).

    Raises:
        SecretError: The file cannot be decrypted, is no YAML, or has no text or number of that name.
    """
    file, _, key = reference.place.rpartition("#")
    text = view_vault((directory / file).absolute(), name=str(reference), password=password, environ=environ)
    return _value(text, key=key, name=str(reference))


def view_vault(file: Path, *, name: str, password: bytes, environ: Mapping[str, str]) -> bytes:
    """What is in a file of Ansible Vault.

    Args:
        file: Where it is; absolute.
        name: What errors call it.
        password: Of the vault.
        environ: The environment, of which only what a program needs to run is passed on.

    Raises:
        SecretError: It cannot be decrypted.
    """
    with piped(password) as descriptor:
        view = [str(Path(sys.executable).with_name("ansible-vault")), "view"]
        command = [*view, f"--vault-password-file=/dev/fd/{descriptor}", str(file)]
        own = {name: environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in environ}
        own |= {"PAGER": "cat", "LC_ALL": "C.UTF-8"}
        return _output(
            command,
            name=name,
            directory=Path("/"),  # where nobody's ansible.cfg is
            environ=own,
            largest=LARGEST_VAULT_BYTES,
            passed=(descriptor,),
        )


@contextmanager
def piped(content: bytes) -> Iterator[int]:
    """A pipe that holds a few bytes: a password for a program that wants a file, which touches no disk."""
    read, write = os.pipe()
    try:
        with os.fdopen(write, "wb") as pipe:
            pipe.write(content)
        yield read
    finally:
        os.close(read)


def _value(text: bytes, *, key: str, name: str) -> bytes:
    try:
        found: Any = yaml.safe_load(text)
        for part in key.split("/"):
            found = found[part]
    # What a parser says repeats what it read.
    except (yaml.YAMLError, UnicodeDecodeError, LookupError, TypeError):
        raise SecretError(f"{name}: there is no such value in that file", hint="is the key right?") from None
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise SecretError(f"{name}: it is neither text nor a number", hint="name the value itself")
    return str(found).encode()


def _output(
    command: Sequence[str],
    *,
    name: str,
    directory: Path,
    environ: Mapping[str, str],
    largest: int,
    passed: tuple[int, ...] = (),
) -> bytes:
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=directory,
            env=dict(environ),
            pass_fds=passed,
            start_new_session=True,  # so that what it started can be ended with it
        )
    except OSError as error:
        raise SecretError(f"{name}: it cannot be run: {error.strerror}", hint="is the program installed?") from error
    try:
        content = _bounded(process.stdout, name=name, largest=largest)
        code = process.wait(TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise _late(name) from None
    finally:
        _end(process)
    if code != 0:
        raise SecretError(f"{name}: it ended with {code}", hint="give the command by hand, and see what it says")
    return content


def _bounded(output: IO[bytes] | None, *, name: str, largest: int) -> bytes:
    if output is None:
        return b""
    deadline, content = time.monotonic() + TIMEOUT_S, b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(output.fileno(), _CHUNK_BYTES)
            if not part:
                return content
            content += part
            if len(content) > largest:
                hint = "it must print the secret alone"
                raise SecretError(f"{name}: it printed more than {largest} bytes", hint=hint)
    raise _late(name)


def _late(name: str) -> SecretError:
    return SecretError(f"{name}: it did not end within {TIMEOUT_S} s", hint="it must not ask anybody anything")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End one that did not end by itself, and what it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.stdout is not None:
        process.stdout.close()
    process.wait()
