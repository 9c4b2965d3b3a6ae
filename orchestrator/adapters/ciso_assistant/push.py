"""Puts one file into CISO Assistant as the revision of an evidence, once, and links the evidence to what it is for.

Written from its source (commit f990d7b): an upload on the *evidence* would replace the last revision's file, so files
go to revisions; a PATCH replaces a list, so lists are read first; names are changed there, so only digests count.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from orchestrator.adapters.ciso_assistant.exchange import Answered, Exchange, open_exchange
from orchestrator.core.ports import Clock
from orchestrator.errors import DeliveryError

_PAGE = 100
_MOST_PAGES = 1_000


class Target(StrEnum):
    """What evidence can be linked to: the part of the API that holds it."""

    REQUIREMENT_ASSESSMENT = "requirement-assessments"
    APPLIED_CONTROL = "applied-controls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """Where the file is now, and what had to be done for it."""

    evidence: UUID
    revision: UUID
    sha256: str
    made_evidence: bool
    uploaded: bool


class _Reference(Answered):
    """How the API names a related object. Older versions leave out the root folder's identifier."""

    id: UUID | None = None


class _Made(Answered):
    id: UUID


class _Evidence(Answered):
    id: UUID
    name: str
    folder: _Reference


class _Revision(Answered):
    id: UUID
    evidence: _Reference
    observation: str | None = None
    attachment: str | None = None
    attachment_hash: str | None = None


class _Evidences(Answered):
    count: int
    results: tuple[_Evidence, ...]


class _Revisions(Answered):
    count: int
    results: tuple[_Revision, ...]


Page = TypeVar("Page", _Evidences, _Revisions)


class _Linked(Answered):
    evidences: tuple[_Reference, ...]


class CisoAssistant:
    """One server, spoken to with one token."""

    def __init__(self, *, url: str, token: str, clock: Clock) -> None:
        self._exchange: Exchange = open_exchange(url=url, token=token, clock=clock)

    def push(
        self, *, folder: UUID, name: str, description: str, observation: str, file_name: str, content: bytes
    ) -> Pushed:
        """Have exactly this file under an evidence of this name. What is there already is left as it is.

        Args:
            folder: The domain that the evidence belongs to.
            name: What the evidence is called: found again by it, so that pushing twice makes no second one.
            description: Of the evidence, where it is made.
            observation: Of the revision: the same for the same file.
            file_name: Of the file; the server changes it as it likes.
            content: The file, of a kind that the server lets in (`.zip`).

        Raises:
            DeliveryError: The server cannot be reached, refuses, or holds other bytes than were sent.
        """
        digest = hashlib.sha256(content).hexdigest()
        known = self._find_evidence(folder, name)
        evidence = known or self._make_evidence(folder, name=name, description=description)
        stored = self._stored(evidence, digest=digest, size=len(content))
        if stored:
            return Pushed(evidence=evidence, revision=stored, sha256=digest, made_evidence=not known, uploaded=False)
        revision = self._empty_revision(evidence, observation) or self._make_revision(
            evidence, folder=folder, observation=observation
        )
        self._exchange.upload(
            f"/evidence-revisions/{revision}/upload/", content=content, file_name=file_name, kind="application/zip"
        )
        self._confirm(revision, digest=digest, size=len(content))
        return Pushed(evidence=evidence, revision=revision, sha256=digest, made_evidence=not known, uploaded=True)

    def link(self, *, evidence: UUID, target: Target, identifier: UUID) -> bool:
        """Add the evidence to those of a requirement or a control, keeping every other. True: it was not there before.

        Between reading the list and writing it the server offers no lock: it is read again afterwards.

        Raises:
            DeliveryError: The server refuses, hides a member of the list, or does not hold it as written.
        """
        path = f"/{target}/{identifier}/"
        linked = self._linked(path)
        if evidence in linked:
            return False
        wanted = [*linked, evidence]
        self._exchange.send("PATCH", path, document={"evidences": [str(one) for one in wanted]}, answer=Answered)
        if missing := set(wanted) - set(self._linked(path)):
            raise DeliveryError(
                f"CISO Assistant: {path}: {len(missing)} of {len(wanted)} evidences are not linked after writing",
                hint="somebody may have changed it at the same time: look at it there, and push again",
            )
        return True

    def _find_evidence(self, folder: UUID, name: str) -> UUID | None:
        query = {"folder": str(folder), "search": name}
        found = [
            one.id
            for page in self._pages("/evidences/", query=query, answer=_Evidences)
            for one in page.results
            if one.name == name and one.folder.id in (folder, None)
        ]
        if len(found) > 1:
            raise DeliveryError(
                f"CISO Assistant: {len(found)} evidences of that folder are called {name}",
                hint="keep one of them and rename or delete the others; nothing was pushed",
            )
        return found[0] if found else None

    def _make_evidence(self, folder: UUID, *, name: str, description: str) -> UUID:
        document = {"name": name, "folder": str(folder), "description": description}
        return self._exchange.send("POST", "/evidences/", document=document, answer=_Made).id

    def _make_revision(self, evidence: UUID, *, folder: UUID, observation: str) -> UUID:
        document = {"evidence": str(evidence), "folder": str(folder), "observation": observation}
        return self._exchange.send("POST", "/evidence-revisions/", document=document, answer=_Made).id

    def _stored(self, evidence: UUID, *, digest: str, size: int) -> UUID | None:
        """The revision that holds these very bytes, if there is one."""
        holding = (one for one in self._revisions(evidence) if one.attachment)
        return next((one.id for one in holding if self._digest(one, size=size) == digest), None)

    def _empty_revision(self, evidence: UUID, observation: str) -> UUID | None:
        """A revision of ours that an interrupted push left without its file."""
        ours = (one for one in self._revisions(evidence) if one.observation == observation and not one.attachment)
        return next((one.id for one in ours), None)

    def _confirm(self, revision: UUID, *, digest: str, size: int) -> None:
        held = self._exchange.get(f"/evidence-revisions/{revision}/", answer=_Revision)
        if not held.attachment or self._digest(held, size=size) != digest:
            raise DeliveryError(
                f"CISO Assistant: revision {revision} does not hold the file that was sent (SHA-256 {digest})",
                hint="look at it there: it is not evidence; delete the revision and push again",
            )

    def _digest(self, revision: _Revision, *, size: int) -> str:
        """The digest that the server keeps of its file; where it keeps none, that of the file itself."""
        if revision.attachment_hash:
            return revision.attachment_hash.lower()
        content = self._exchange.download(f"/evidence-revisions/{revision.id}/attachment/", largest=size)
        return hashlib.sha256(content).hexdigest()

    def _revisions(self, evidence: UUID) -> Iterator[_Revision]:
        for page in self._pages("/evidence-revisions/", query={"evidence": str(evidence)}, answer=_Revisions):
            yield from (one for one in page.results if one.evidence.id == evidence)

    def _linked(self, path: str) -> list[UUID]:
        found = [one.id for one in self._exchange.get(path, answer=_Linked).evidences]
        if None in found:
            # Written back without its identifier, what is hidden from us would be unlinked.
            raise DeliveryError(
                f"CISO Assistant: {path}: it holds evidence that the token's owner may not see",
                hint="use a token whose owner sees the whole domain: writing the list would lose what is hidden",
            )
        return [one for one in found if one is not None]

    def _pages(self, path: str, *, query: dict[str, str], answer: type[Page]) -> Iterator[Page]:
        """Every page of a list. Counted by us: an address that an answer gives is not followed."""
        offset = 0
        for _ in range(_MOST_PAGES):
            page = self._exchange.get(path, query={**query, "limit": str(_PAGE), "offset": str(offset)}, answer=answer)
            yield page
            offset += len(page.results)
            if not page.results or offset >= page.count:
                return
        raise DeliveryError(f"CISO Assistant: {path}: the list does not end")
