"""Draws `docs/reference/catalogue.md`: `python -m reports.catalogue.page > docs/reference/catalogue.md`."""

import sys
from collections.abc import Iterable, Iterator

from reports.catalogue import Basis, Catalogue, Framework, load_whole_catalogue
from reports.catalogue.definition import Link

INTRODUCTION = """\
# The catalogue: what a drill contributes to

Drawn from `reports/catalogue/*.yml` (version {version}) by `python -m reports.catalogue.page`; a test compares. A
report prints what the catalogue says of its drill's `kind` and `perimeters`, in the words of both languages.

**A drill is one piece of evidence among others. Nothing here is a conformity, and no report may be quoted as one.**
No official table links drills to the requirements of the HDS framework: that framework asks for no restore test and
sets no frequency. The duty comes from ISO/IEC 27001 (A.8.13, A.5.30), from the host's own policy, its risk
treatment plan and its contracts.

Each link says what it rests on (`basis`), and is worth no more than that:

* **source**: the text of the control itself asks for such a drill; it was read, most often in a third party's
  transcription of the official text;
* **memory**: the same, but the wording was not at hand and is to be checked against the text;
* **analyst**: a reading of ours; no text says so.

A person (RSSI, DPO) confirms the mapping before it goes to an auditor.
"""
PERIMETERS = """\
The article that drills take their perimeters from counts them otherwise than article R.1111-9 of the Code de la
santé publique counts its activities: the last of the one is recovery, the last of the other is backup. Reports
print words of both, never a number.
"""
OWN_FILES = """\
## Choosing frameworks, and files of your own

```yaml
# reprise.yml
catalogue: {frameworks: [pgssi-s, recyf], files: [catalogue/own.yml]}
```

`frameworks` names the optional ones that your reports print. `files` are of the format of the shipped ones, and
each can change what those before it say, without code:

```yaml
# catalogue/own.yml
format: reprise/catalogue/v1
version: "3"                             # yours; evidence carries it with the file's SHA-256
kinds:
  key-ceremony: {title: {fr: Cérémonie de clés, en: Key ceremony}}        # a kind of drill of your own
frameworks:
  own-policy:                            # a framework of your own: printed, unless it says optional: true
    title: {fr: Politique interne de sauvegarde, en: Internal backup policy}
    controls:
      P-1: {fr: Preuves signées conservées six ans, en: Signed evidence kept for six years}
      P-12: {fr: Séquestre des clés, en: Key escrow}
    common: [{control: P-1, basis: source}]                               # every drill contributes to it
    kinds:
      key-ceremony: [{control: P-12, primary: true, basis: analyst}]
  iso27001:                              # known already: only what is changed
    controls: {A.8.24: {fr: Cryptographie, en: Cryptography}}             # another title
    kinds:
      key-ceremony: [{control: A.8.24}]  # a list replaces the one that was there for this kind
```

`basis` may be left out. Everything that a file names must exist; each fault is said with its file, line and key
(`reprise check`, `reprise run`). The scan before signing looks into these texts as into everything else.

A verifier makes the mapping again from the catalogue of the same version. Files of your own he has not: he takes
the mapping as said, is told which files it rests on, and the rest of the verification is the same. The mapping
enters no measurement and no verdict.
"""


def draw_page(catalogue: Catalogue) -> str:
    """The page, in Markdown."""
    parts = (
        [INTRODUCTION.format(version=catalogue.version)],
        _perimeters(catalogue),
        _frameworks(catalogue),
        _kinds(catalogue),
        [OWN_FILES],
        _titles(catalogue),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _perimeters(catalogue: Catalogue) -> Iterator[str]:
    yield "## Perimeters, in words\n"
    yield PERIMETERS
    yield "| in a drill file | the article's perimeter | official activities |"
    yield "|---|---|---|"
    for number, perimeter in catalogue.perimeters.items():
        official = "<br>".join(catalogue.activities[name].fr for name in perimeter.activities)
        transverse = "none of its own: transverse, see the activities on the host's certificate"
        yield f"| `perimeters: [{number}]` | {perimeter.title.fr} | {official or transverse} |"
    yield ""


def _frameworks(catalogue: Catalogue) -> Iterator[str]:
    yield "## Frameworks\n"
    yield "| id | framework | printed | links: source | memory | analyst |"
    yield "|---|---|---|---|---|---|"
    for name, framework in catalogue.frameworks.items():
        printed = "where chosen" if framework.optional else "always"
        counts = " | ".join(str(len(_resting(_links(framework), basis))) for basis in Basis)
        yield f"| `{name}` | {framework.title.en} | {printed} | {counts} |"
    yield ""


def _kinds(catalogue: Catalogue) -> Iterator[str]:
    yield "## Links, by kind of drill\n"
    yield "In bold: what this kind of drill is first of all about.\n"
    for kind, title in catalogue.kinds.items():
        yield f"### `{kind}`: {title.en} ({title.fr})\n"
        yield from _table((name, one.linked(kind)) for name, one in catalogue.frameworks.items())
    yield "### Every drill\n"
    yield from _table((name, one.common) for name, one in catalogue.frameworks.items())


def _table(rows: Iterable[tuple[str, tuple[Link, ...]]]) -> Iterator[str]:
    yield "| framework | source | memory | analyst |"
    yield "|---|---|---|---|"
    for name, links in rows:
        if links:
            cells = " | ".join(", ".join(map(_named, _resting(links, basis))) or "–" for basis in Basis)
            yield f"| `{name}` | {cells} |"
    yield ""


def _titles(catalogue: Catalogue) -> Iterator[str]:
    yield "## Controls and their titles\n"
    for name, framework in catalogue.frameworks.items():
        yield f"### `{name}`\n"
        yield "| control | français | English |"
        yield "|---|---|---|"
        for reference, title in framework.controls.items():
            yield f"| {reference} | {title.fr} | {title.en} |"
        yield ""


def _links(framework: Framework) -> tuple[Link, ...]:
    return (*framework.common, *(link for links in framework.kinds.values() for link in links))


def _resting(links: Iterable[Link], basis: Basis) -> list[Link]:
    return [link for link in links if link.basis is basis]


def _named(link: Link) -> str:
    return f"**{link.control}**" if link.primary else link.control


if __name__ == "__main__":
    sys.stdout.write(draw_page(load_whole_catalogue()))
