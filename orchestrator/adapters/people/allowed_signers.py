"""Whose keys are known: OpenSSH's file of allowed signers (`ssh-keygen(1)`), as far as it is used here. Pure.

A line is `principal[,principal] [namespaces="reprise"] type key [comment]`. An option that could narrow what a key is
good for and is not understood here is a fault, never left out.
"""

import re
from collections.abc import Iterator, Mapping

from orchestrator.core.ssh_signature import NAMESPACE, parse_public_key
from orchestrator.errors import DefinitionError, Fault

_LINE = re.compile(
    r'(?P<principals>\S+)\s+(?:namespaces="(?P<namespaces>[^"]*)"\s+)?(?P<key>[a-z][\w@.-]*\s+\S+)(\s.*)?'
)


def parse_allowed_signers(text: str, *, file: str) -> Mapping[str, tuple[str, ...]]:
    """The keys of each principal, in the order of the file.

    Raises:
        DefinitionError: With every line that cannot be meant.
    """
    found: dict[str, list[str]] = {}
    faults: list[Fault] = []
    for number, line in _lines(text):
        try:
            principals, key = _read(line)
        except ValueError as error:
            hint = 'write: principal namespaces="reprise" ssh-ed25519 AAAA...'
            faults.append(Fault(file=file, line=number, key="", message=str(error), hint=hint))
            continue
        for principal in principals:
            found.setdefault(principal, []).append(key)
    if faults:
        raise DefinitionError(tuple(faults))
    return {principal: tuple(dict.fromkeys(keys)) for principal, keys in found.items()}


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.strip()


def _read(line: str) -> tuple[list[str], str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError("it is no line of allowed signers, or has an option that is not known here")
    spaces = match["namespaces"]
    if spaces is not None and NAMESPACE not in spaces.split(","):
        raise ValueError(f"the key is not for the namespace {NAMESPACE}")
    return match["principals"].split(","), parse_public_key(" ".join(match["key"].split()))
