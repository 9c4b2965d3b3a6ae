"""A structural check for PDF/A-3a, with qpdf and pdffonts: some of ISO 19005-3's rules, and not all. It is not veraPDF.

veraPDF itself is asked by test_verapdf.py, where there is a JDK. What is asked here, everywhere, are rules that
a change of ours could break; colours, glyph widths and the order of the structure tree are not looked at.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ACTIVE = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState", "/Trans"}
_PRINT, _INVISIBLE, _HIDDEN, _NO_VIEW = 4, 1, 2, 32


def faults(pdf: Path) -> set[str]:
    """The rules that a file breaks, by name."""
    if _run("qpdf", "--check", str(pdf)).returncode != 0:
        return {"qpdf"}
    document = json.loads(_run("qpdf", "--json=2", str(pdf)).stdout)["qpdf"][1]
    objects = {name.removeprefix("obj:"): value for name, value in document.items()}
    return {*_bytes(pdf.read_bytes()), *_catalogue(pdf, objects), *_objects(objects), *_fonts(pdf)}


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _bytes(content: bytes) -> Iterator[str]:
    first, second = content.split(b"\n")[:2]
    if not re.fullmatch(rb"%PDF-1\.[0-7]", first) or not re.fullmatch(rb"%[\x80-\xff]{4,}", second):
        yield "header"


def _catalogue(pdf: Path, objects: dict[str, Any]) -> Iterator[str]:
    trailer = objects["trailer"]["value"]
    root = _value(objects, trailer["/Root"])
    if len(trailer.get("/ID", [])) != 2 or "/Encrypt" in trailer:
        yield "trailer"
    if root.get("/MarkInfo", {}).get("/Marked") is not True or "/StructTreeRoot" not in root or "/Lang" not in root:
        yield "tagged"
    intents = [_value(objects, intent) for intent in root.get("/OutputIntents", [])]
    if not any(one.get("/S") == "/GTS_PDFA1" and "/DestOutputProfile" in one for one in intents):
        yield "output-intent"
    if {"/OpenAction", "/AA"} & root.keys() or _value(objects, root.get("/AcroForm", {})).keys() & {"/XFA"}:
        yield "active"
    yield from _metadata(pdf, objects, str(root.get("/Metadata")))
    yield from _attachments(objects, root)


def _metadata(pdf: Path, objects: dict[str, Any], reference: str) -> Iterator[str]:
    if "stream" not in objects.get(reference, {}):
        yield "metadata"
        return
    number = reference.partition(" ")[0]
    xmp = _run("qpdf", f"--show-object={number}", "--filtered-stream-data", str(pdf)).stdout
    said = dict(re.findall(r'pdfaid:(part|conformance)(?:="|>)([^"<]+)', xmp))
    if said != {"part": "3", "conformance": "A"}:
        yield "metadata"


def _attachments(objects: dict[str, Any], root: dict[str, Any]) -> Iterator[str]:
    tree = _value(objects, root.get("/Names", {}).get("/EmbeddedFiles", {}))
    for reference in tree.get("/Names", [])[1::2]:
        described = _value(objects, reference)
        file = objects.get(described.get("/EF", {}).get("/F", ""), {}).get("stream", {}).get("dict", {})
        whole = {"/F", "/UF", "/AFRelationship"} <= described.keys() and "/Subtype" in file
        if not whole or reference not in root.get("/AF", []):
            yield "attachment"


def _objects(objects: dict[str, Any]) -> Iterator[str]:
    for described in objects.values():
        value = described["stream"]["dict"] if "stream" in described else described["value"]
        for part in _dictionaries(value):
            if "/JS" in part or part.get("/S") in _ACTIVE:
                yield "active"
            if "/Subtype" in part and "/Rect" in part and not _is_printed(part):
                yield "annotation"
        if "stream" in described and ("/F" in value or "/LZWDecode" in str(value.get("/Filter"))):
            yield "stream"


def _is_printed(annotation: dict[str, Any]) -> bool:
    flags, (left, bottom, right, top) = annotation.get("/F", 0), annotation["/Rect"]
    empty = left == right and bottom == top
    return bool(empty or (flags & _PRINT != 0 and flags & (_INVISIBLE | _HIDDEN | _NO_VIEW) == 0))


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _dictionaries(part)
    elif isinstance(value, list):
        for part in value:
            yield from _dictionaries(part)


def _fonts(pdf: Path) -> Iterator[str]:
    rows = _run("pdffonts", str(pdf)).stdout.splitlines()[2:]
    # The columns before the object's number: embedded, subset, with a map to Unicode.
    if not rows or not all(re.search(r" yes (yes|no ) yes +\d+ +\d+$", row) for row in rows):
        yield "font"


def _value(objects: dict[str, Any], value: Any) -> Any:
    return objects[value]["value"] if isinstance(value, str) and value in objects else value
