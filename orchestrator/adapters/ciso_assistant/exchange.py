"""One HTTP exchange with CISO Assistant: bounded in time and size, never redirected, its errors in words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from pydantic import BaseModel, ConfigDict, ValidationError
from requests.auth import AuthBase

from orchestrator.core.ports import Clock
from orchestrator.errors import DeliveryError, UsageError

Answer = TypeVar("Answer", bound="Answered")

CONNECT_SECONDS, SILENCE_SECONDS = 10, 60
WHOLE_EXCHANGE_US = 600 * 1_000_000
"""Of one answer, from its first byte to its last: a server that trickles must not hold us for ever."""
LARGEST_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_SHOWN_CHARACTERS = 300
_TOKEN = re.compile(r"[\x21-\x7e]+")
_HINTS = {
    401: "the token is not known there or has expired: make a new one (Personal Access Token)",
    403: "the token's owner may not do this in that folder: it needs the rights to add and change evidence",
    404: "there is no such object, or the token's owner may not see it: check the identifier and the URL",
    413: "the file is larger than the server accepts: raise its limits for attachments and for request bodies",
    429: "too many requests: try again later; nothing is done twice",
}


class Answered(BaseModel):
    """What is read of an answer. The other members are the server's own business, and there are many."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Token(AuthBase):
    """Puts the token in its header. As an `auth` of its own it is not replaced by a `.netrc`, and is in no log."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {self._token}"
        return request


@dataclass(frozen=True, slots=True)
class Exchange:
    """A server, and the token that it is asked with."""

    _root: str
    _auth: AuthBase
    _clock: Clock

    def get(self, path: str, *, answer: type[Answer], query: Mapping[str, str] | None = None) -> Answer:
        """Read one object or one page.

        Raises:
            DeliveryError: The server cannot be reached, refuses, or answers something else.
        """
        return _parsed(self._ask("GET", path, params=query), path=path, answer=answer)

    def download(self, path: str, *, largest: int) -> bytes:
        """Read a file, up to one byte more than the largest that is expected.

        Raises:
            DeliveryError: The server cannot be reached or refuses.
        """
        return self._ask("GET", path, largest=largest + 1, accept="*/*")

    def send(self, method: str, path: str, *, document: Mapping[str, object], answer: type[Answer]) -> Answer:
        """Make or change an object.

        Raises:
            DeliveryError: The server cannot be reached, refuses, or answers something else.
        """
        body = json.dumps(document).encode()
        return _parsed(self._ask(method, path, body=body, kind="application/json"), path=path, answer=answer)

    def upload(self, path: str, *, content: bytes, file_name: str, kind: str) -> None:
        """Send a file as the raw body of a request.

        Args:
            path: Where to.
            content: The file.
            file_name: What it is called: letters, digits, dots, hyphens and underscores only.
            kind: Its media type.

        Raises:
            DeliveryError: The server cannot be reached or refuses.
        """
        disposition = {"Content-Disposition": f'attachment; filename="{file_name}"'}
        self._ask("POST", path, body=content, kind=kind, headers=disposition)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST_ANSWER_BYTES,
        accept: str = "application/json",
    ) -> bytes:
        sent = {"Accept": accept, **({"Content-Type": kind} if kind else {}), **(headers or {})}
        try:
            with requests.request(
                method,
                f"{self._root}{path}",
                params=params,
                data=body,
                headers=sent,
                auth=self._auth,
                timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._read(response, largest=largest)
        except requests.RequestException as error:
            raise DeliveryError(
                f"CISO Assistant: {method} {path}: {_reason(error)}",
                hint="check the URL and the network; what was done is found again by pushing once more",
            ) from error
        _check(response, content, asked=f"{method} {path}")
        return content

    def _read(self, response: requests.Response, *, largest: int) -> bytes:
        content, until = bytearray(), self._clock.monotonic_us() + WHOLE_EXCHANGE_US
        for chunk in response.iter_content(_CHUNK_BYTES):
            content += chunk
            if len(content) >= largest or self._clock.monotonic_us() > until:
                break
        return bytes(content[:largest])


def open_exchange(*, url: str, token: str, clock: Clock) -> Exchange:
    """Prepare to speak to a server. Nothing is sent yet.

    Args:
        url: Where it is: `https://ciso.example`, with or without `/api` behind it.
        token: A Personal Access Token. It is in no error, no log and no file.
        clock: What bounds an exchange.

    Raises:
        UsageError: The URL would send the token in clear to another machine, or one of them has no meaning.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname or ""))
    if not safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        hint = "write https://HOST[:PORT][/PATH]; http is for this machine only, for it sends the token in clear"
        raise UsageError("CISO Assistant: this is not a URL that a token may be sent to", hint=hint)
    if not _TOKEN.fullmatch(token):
        raise UsageError("CISO Assistant: the token is empty or holds characters that no token has")
    root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api')}/api"
    return Exchange(root, _Token(token), clock)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check(response: requests.Response, content: bytes, *, asked: str) -> None:
    status = response.status_code
    if status < requests.codes.multiple_choices:
        return
    told = " ".join(content[:4096].decode("utf-8", "replace").split())
    shown = "".join(character for character in told if character.isprintable())[:_SHOWN_CHARACTERS]
    moved = "it answers with a redirection, which is not followed: give the URL of the API itself"
    raise DeliveryError(
        f"CISO Assistant: {asked}: refused with status {status}: {shown or 'no reason given'}",
        hint=moved if response.is_redirect else _HINTS.get(status),
    )


def _parsed(content: bytes, *, path: str, answer: type[Answer]) -> Answer:
    try:
        document: Any = json.loads(content)
        return answer.model_validate(document)
    except (ValueError, ValidationError, RecursionError) as error:
        hint = "check that the URL is that of CISO Assistant's backend, in a version that this one knows (3.9)"
        raise DeliveryError(f"CISO Assistant: {path}: the answer is not what its API says", hint=hint) from error


def _reason(error: requests.RequestException) -> str:
    """Why there is no answer, in words: the library's own text would name its classes."""
    match error:
        case requests.exceptions.SSLError():
            return "its certificate is not one that this machine trusts"
        case requests.exceptions.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS} s"
        case requests.exceptions.Timeout():
            return f"silent for {SILENCE_SECONDS} s"
        case requests.exceptions.ProxyError():
            return "the proxy does not let it through"
        case requests.exceptions.ConnectionError():
            return "it cannot be reached, or closed the connection"
        case _:
            return "the exchange failed"
