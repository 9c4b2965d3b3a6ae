"""Plants the canary files of an exercise among documents, and lists their digests. Arguments: the tree, the run.

Nobody has a reason to change them: one that is not as it was tells of somebody who changes files. They are what they
seem to be, so that neither a reader nor a scan stumbles over them.
"""

import hashlib
import pathlib
import sys

_PLACES = (
    "000-inventaire.csv",
    "courrier/000-modele-de-lettre.txt",
    "dossiers/000-liste-des-dossiers.csv",
    "imagerie-du-jour/zzz-planning.txt",
    "zzz-archives/comptes-de-service.csv",
)


def main(root: pathlib.Path, run: str) -> None:
    """See the module."""
    for number, name in enumerate(_PLACES, start=1):
        file = root / name
        file.parent.mkdir(mode=0o750, exist_ok=True)
        content = "".join(f"{line};{run};canari {number};ne pas modifier\n" for line in range(1, 60)).encode()
        file.write_bytes(content)
        sys.stdout.write(f"{hashlib.sha256(content).hexdigest()}  {name}\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
