"""Asks a time-stamp authority (RFC 3161 over HTTP), and takes for an answer only what a verifier would take too.

Bounded: an authority that does not answer, answers slowly or answers too much is away, and nobody waits for it.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from asn1crypto import cms, tsp
from cryptography.x509 import Certificate
from pyhanko.sign.timestamps import TimeStamper

from orchestrator.errors import EvidenceError
from reports.signing.bounded import within
from reports.signing.quiet import quiet
from reports.signing.timestamps import DIGESTS, Imprint, PathFinder, TimeStamp, examine, imprint_of

TIMEOUT_S = 20.0
LARGEST_ANSWER = 256 * 1024
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


class AuthorityError(EvidenceError):
    """Somebody outside is away, or what he answered cannot be used. The run is sealed without, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A time-stamp authority and who vouches for it."""

    url: str
    roots: tuple[Certificate, ...]
    policy: str | None = None
    """The only policy (a dotted number) under which its time-stamps are wanted."""
    timeout_s: float = TIMEOUT_S
    """For one answer, from the first byte asked to the last one read, in seconds."""

    def stamp(self, content: bytes, *, find: PathFinder) -> TimeStamp:
        """A verified time-stamp over some bytes.

        Args:
            content: The bytes.
            find: How the authority's certificate is verified.

        Raises:
            AuthorityError: It did not answer, or with something that no verifier would take.
        """
        stamper = Stamper(self, find=find)
        with _answered(self.url):
            token = asyncio.run(stamper.ask(hashlib.sha256(content).digest(), "sha256"))
        return self.check(bytes(token.dump()), imprint=imprint_of(content), find=find)

    def check(self, token: bytes, *, imprint: Imprint, find: PathFinder) -> TimeStamp:
        """What a token proves, asked before it is used.

        Raises:
            AuthorityError: Nothing that can be used.
        """
        hint = "see signing: timestamp: in reprise.yml"
        try:
            stamp = examine(token, imprint=imprint, find=find)
        except EvidenceError as error:
            raise AuthorityError(f"{self.url}: {error}", hint=hint) from error
        if self.policy is not None and stamp.policy != self.policy:
            raise AuthorityError(f"{self.url}: its policy is {stamp.policy}, not {self.policy}", hint=hint)
        return stamp

    def answer(self, query: bytes) -> bytes:
        """The body of what it answers to the body of a request.

        Raises:
            OSError: It did not answer in time, or not with a time-stamp response.
        """
        return within(self.timeout_s, lambda: self._post(query))

    def _post(self, query: bytes) -> bytes:
        headers = {"Content-Type": _QUERY, "Accept": _REPLY}
        with (
            requests.Session() as session,
            session.post(
                self.url, data=query, headers=headers, timeout=self.timeout_s, stream=True, allow_redirects=False
            ) as response,
        ):
            response.raise_for_status()
            if response.headers.get("Content-Type", "").partition(";")[0].strip() != _REPLY:
                raise OSError("the answer is not a time-stamp response")
            body = b""
            for piece in response.iter_content(16 * 1024):
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise OSError("the answer is too long")
            return body


class Stamper(TimeStamper):
    """pyHanko's idea of an authority, over ours: it gets only verified tokens, in the form that is accepted."""

    def __init__(self, authority: Authority, *, find: PathFinder, sample: bytes | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authority, self._find = authority, find
        if sample is not None:
            for digest in DIGESTS:
                self._dummy_response_cache[digest] = cms.ContentInfo.load(sample)

    def request_cms(self, message_digest: bytes, md_algorithm: str) -> tuple[int, tsp.TimeStampReq]:
        """The request, with the policy that is wanted."""
        nonce, request = super().request_cms(message_digest, md_algorithm)  # type: ignore[no-untyped-call]
        if self._authority.policy is not None:
            request["req_policy"] = self._authority.policy
        return nonce, request

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask, within the time that there is."""
        return tsp.TimeStampResp.load(await asyncio.to_thread(self._authority.answer, req.dump()), strict=True)

    async def ask(self, digest: bytes, algorithm: str) -> cms.ContentInfo:
        """The token for a digest. Its nonce is ours; nothing else is verified yet."""
        return await super().async_timestamp(digest, algorithm)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """The token for a digest, verified."""
        with _answered(self._authority.url):
            token = await self.ask(message_digest, md_algorithm)
        imprint = {md_algorithm: message_digest}
        stamp = await asyncio.to_thread(
            self._authority.check,
            bytes(token.dump()),
            imprint=lambda name: imprint.get(name, b""),
            find=self._find,
        )
        return cms.ContentInfo.load(stamp.token)


@contextlib.contextmanager
def _answered(url: str) -> Iterator[Any]:
    try:
        with quiet():
            yield
    except EvidenceError:
        raise
    except TimeoutError as error:
        raise AuthorityError(f"{url}: {error}", hint="seal again when it is back") from error
    # requests, http.client, asn1crypto and pyHanko each raise their own for an answer that is not one.
    except Exception as error:
        raise AuthorityError(f"{url}: no time-stamp: {_reason(error)}", hint="seal again when it is back") from error


def _reason(error: Exception) -> str:
    match error:
        case requests.HTTPError() if error.response is not None:
            return f"HTTP status {error.response.status_code}"
        case requests.ConnectionError():
            return "it cannot be reached"
        case requests.Timeout():
            return "no answer in time"
        case OSError():
            return str(error)
        case _:
            return "the answer holds no token that can be read"
