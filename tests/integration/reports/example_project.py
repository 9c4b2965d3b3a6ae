"""A project directory with the runs, the register and the key of an example year, and a drill that nobody ever ran."""

import shutil
from pathlib import Path

import yaml

from tests.integration.reports.conftest import Seal
from tests.integration.reports.example_run import DRILL
from tests.integration.reports.example_year import Year

PROJECT = """\
format: reprise/project/v1
name: demo
organisation: {name: Hébergeur Santé Exemple}
staging: {groups: [restore_target]}
never: [production]
production: {endpoints: ["127.0.0.5:5432"]}
marker: {path: /etc/reprise-staging}
inventory: inventory.yml
ssh: {known-hosts: known_hosts}
signing: {key: "file:keys/seal.key.pem", certificate: trust/seal.crt.pem}
"""


def make_project(root: Path, *, year: Year, seal: Seal) -> Path:
    """The directory, which is not there yet."""
    shutil.copytree(seal.key_path.parent.parent, root)
    (root / "reprise.yml").write_text(PROJECT, encoding="utf-8")
    for run in year.runs.values():
        shutil.copytree(run, root / "runs" / run.name)
    (root / "register").mkdir()
    (root / "register" / "register.jsonl").write_bytes(year.register.content)
    (root / "register" / "checkpoint").write_text(year.register.checkpoint(), encoding="utf-8")
    (root / "drills").mkdir()
    drill = {**DRILL, "id": "never", "system": "archives"}
    (root / "drills" / "never.yml").write_text(yaml.safe_dump(drill, allow_unicode=True), encoding="utf-8")
    return root
