"""Who tells a project the time: the authority that it asks, and those whose time-stamps it believes."""

from dataclasses import replace

from cryptography.x509 import Certificate

from orchestrator.project import Project
from reports.keys import load_certificates
from reports.register.directory import RegisterDirectory
from reports.register.log import Stamp
from reports.signing.asking import Asking
from reports.signing.authority import Authority
from reports.signing.timestamps import PathFinder, offline

PATIENCE_S = 5.0
"""For the time-stamp of a checkpoint, in seconds: a drill waits for it, once, and goes on without."""


def open_authority(project: Project) -> Authority | None:
    """The authority that `reprise.yml` names; None where it names none.

    Raises:
        EvidenceError: A certificate of those who vouch for it cannot be read.
    """
    said = project.definition.signing.timestamp
    if said is None:
        return None
    return Authority(url=said.url, roots=time_roots(project), policy=said.policy)


def time_roots(project: Project) -> tuple[Certificate, ...]:
    """Those whose time-stamps the project believes.

    Raises:
        EvidenceError: One cannot be read.
    """
    said = project.definition.signing.timestamp
    places = said.trust if said else ()
    return tuple(one for place in places for one in load_certificates(project.root / place))


def stamper(project: Project) -> Stamp | None:
    """How the project's register has its checkpoints time-stamped; None where no authority is named.

    Raises:
        EvidenceError: A certificate of those who vouch for the authority cannot be read.
    """
    authority = open_authority(project)
    if authority is None:
        return None
    return CheckpointStamper(replace(authority, timeout_s=PATIENCE_S), directory=RegisterDirectory(project.register))


class CheckpointStamper:
    """Asks an authority for time-stamps of checkpoints, and keeps beside them what is said of its certificate."""

    def __init__(self, authority: Authority, *, directory: RegisterDirectory) -> None:
        self._authority, self._directory = authority, directory
        self._known: PathFinder | None = None

    def __call__(self, content: bytes) -> bytes:
        """The token over these bytes (`reports.register.log.Stamp`).

        Raises:
            AuthorityError: The authority, or who issued its certificate, does not answer as they should.
            StoreError: What was said of the certificate cannot be kept.
        """
        if self._known is not None:
            return self._authority.stamp(content, find=self._known).token
        asking = Asking(self._authority)
        stamp, answers = asking.stamp(content), asking.answers()
        self._directory.keep_answers("crl", answers.crls)
        self._directory.keep_answers("ocsp", answers.ocsps)
        # The next ones are judged by the same answers: a run has three checkpoints within minutes.
        self._known = offline(roots=self._authority.roots, revocation=answers)
        return stamp.token
