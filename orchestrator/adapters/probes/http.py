"""Asks a web service once: its status, how long and which its body is, and values of a JSON body by name."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from orchestrator.adapters.http.fetch import fetch, judging
from orchestrator.adapters.http.place import read_place
from orchestrator.adapters.network.faults import NoAnswerError
from orchestrator.adapters.network.limit import limit_of
from orchestrator.adapters.network.tls import ServerCertificate
from orchestrator.adapters.probes.evident import evident
from orchestrator.adapters.probes.question import Question, read_question
from orchestrator.adapters.ssh.connections import SshConnections
from orchestrator.adapters.system import SystemClock
from orchestrator.core.events import Values
from orchestrator.core.ports import Answer, Probe, Stop


class HttpQuestion(Question):
    """The `with` of the probe. `values`: names for values of a JSON body, by their paths (`data.0.state`).

    A URL with a user is asked with the password whose file `password-file` names.
    `certificate` asks about the server's too, `issuer` whether an organisation or authority of that name issued it.
    """

    url: str
    password_file: str | None = None
    values: dict[str, str] = Field(default={})
    ca_file: str | None = None
    certificate: bool = False
    issuer: str | None = None


class HttpProbe:
    """`{status, bytes, body_sha256}` and the values asked for. Short words, whole numbers and booleans only.

    Of a certificate: `certificate.days_left`, `certificate.issuer_matches`; one that is no good ends the question.
    Anything else could be health data, and is a fault; the body itself is never kept.
    """

    def ask(self, question: Mapping[str, Any], *, timeout_us: int, stop: Stop) -> Answer:
        """Ask once; see `ports.Probe`."""
        asked = read_question(HttpQuestion, question, probe="http")
        place = read_place(asked.url, password_file=asked.password_file)
        try:
            context = judging(place, ca_file=asked.ca_file)
            reply = fetch(place, limit=limit_of(timeout_us, stop=stop), context=context)
            found = _found(reply.body, asked.values) if asked.values else {}
            shown = _certificate(reply.certificate, asked)
        except NoAnswerError as error:
            return Answer(answered=False, values={}, fault=str(error))
        digest = hashlib.sha256(reply.body).hexdigest()
        own: Values = {"status": reply.status, "bytes": len(reply.body), "body_sha256": digest}
        return Answer(answered=True, values={**own, **shown, **found})


def build(*, connections: SshConnections) -> Probe:
    """Make the probe (`ProbeFactory`)."""
    del connections
    return HttpProbe()


def _certificate(shown: ServerCertificate | None, asked: HttpQuestion) -> Values:
    if not asked.certificate and asked.issuer is None:
        return {}
    if shown is None:
        raise NoAnswerError("no TLS")
    days: Values = {"certificate.days_left": shown.days_left(SystemClock().now())}
    return days if asked.issuer is None else {**days, "certificate.issuer_matches": asked.issuer in shown.issuer}


def _found(body: bytes, wanted: Mapping[str, str]) -> Values:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoAnswerError("the body is not JSON") from error
    return {name: evident(name, _value(document, name, path)) for name, path in wanted.items()}


def _value(document: Any, name: str, path: str) -> object:
    for key in path.split("."):
        try:
            document = document[int(key)] if isinstance(document, list) else document[key]
        except (LookupError, TypeError, ValueError) as error:
            raise NoAnswerError(f"{name}: it is not there") from error
    return document
