"""Each byte of each small file of a run, flipped: too many for whole verifiers, so the checks that find it are asked.

Both verifiers refuse a run as soon as one check fails, and nothing excuses a file whose digest is another: what is
called here for each byte is the very function that each of them calls for that (`check_digests` is in both). The
attestation has no digest: it is read and its signature verified, by the functions that they call for that.
`tamperings.KINDS` puts a sample of the same flips before the whole verifiers.
"""

import runpy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cryptography.x509 import Certificate

from orchestrator.errors import EvidenceError
from reports.envelope import Attestation, parse_attestation
from reports.layout import ATTESTATION
from reports.signing.statement import state_signature
from reports.verification import Status
from reports.verify import check_digests
from tests.integration.reports.bare import VERIFIER
from tests.integration.reports.tampered_pdf import flip

SMALL_BYTES = 64 * 1024
"""Everything of a run but the PDF."""
Holds = Callable[[bytes], bool]


def small(files: Mapping[str, bytes]) -> list[str]:
    """The names of the files of which each byte is flipped."""
    return sorted(name for name, content in files.items() if len(content) <= SMALL_BYTES)


def unnoticed(content: bytes, holds: Holds) -> list[int]:
    """The bytes that can be flipped unseen. Each bit has its turn: it is another one from byte to byte.

    Raises:
        AssertionError: Not even the content itself holds, and nothing is shown by what does not.
    """
    if not holds(content):
        raise AssertionError("the file is not accepted as it is")
    return [at for at in range(len(content)) if holds(flip(content, at, bit=at % 8))]


def by_product(files: Mapping[str, bytes], name: str, *, certificate: Certificate) -> Holds:
    """What `verify` asks of a file."""
    if name == ATTESTATION:
        return lambda content: _is_attested(content, certificate)
    attestation = parse_attestation(files[ATTESTATION])
    one = tuple(subject for subject in attestation.statement.subject if subject.name == name)
    alone = replace(attestation, statement=attestation.statement.model_copy(update={"subject": one}))
    return lambda content: _has_digest({name: content}, alone)


def _has_digest(files: Mapping[str, bytes], attestation: Attestation) -> bool:
    checks = list(check_digests(files, attestation))
    return len(checks) == 1 and checks[0].status is Status.OK


def _is_attested(content: bytes, certificate: Certificate) -> bool:
    try:
        return parse_attestation(content).signed_by([certificate]) is not None
    except EvidenceError:
        return False


class Alone:
    """The stand-alone verifier's functions, in this process."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = runpy.run_path(str(VERIFIER))

    def asks(self, files: Mapping[str, bytes], name: str, *, certificate: Certificate) -> Holds:
        """What it asks of a file."""
        if name == ATTESTATION:
            return lambda content: self._answers(
                lambda: self._names["check_attestation_signature"](
                    self._names["read_attestation"](content), certificate
                )
            )
        payload = self._names["read_attestation"](files[ATTESTATION]).payload
        subjects = self._names["parse_json"](payload, name)["subject"]
        statement = {"subject": [subject for subject in subjects if subject["name"] == name]}
        return lambda content: self._digests({name: content}, statement) == ["ok"]

    def seals(self, certificate: Certificate) -> Holds:
        """What it asks of the seal of a PDF."""
        stated = state_signature(certificate).model_dump(mode="json")
        seal, parts = self._names["check_seal"], self._names["check_seal_parts"]
        return lambda pdf: self._answers(lambda: parts(seal(pdf, certificate), certificate, stated))

    def _digests(self, files: Mapping[str, bytes], statement: Mapping[str, Any]) -> list[str]:
        answers = self._names["Answers"]()
        self._names["check_digests"](answers, files, statement)
        return [answer.status for answer in answers.found]

    def _answers(self, check: Callable[[], object]) -> bool:
        """Whether nothing is wrong, as the verifier itself decides it: by its own way of running a check."""
        answers = self._names["Answers"]()
        return bool(answers.attempt("asked", "here", check))
