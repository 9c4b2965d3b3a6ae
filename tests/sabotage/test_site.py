"""Sabotages of the drill that rebuilds a whole site: directory, database, documents, application and front end."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.lab import Layout
from tests.sabotage.fault import Fault, appended, on_hosts, prefixed, replaced
from tests.sabotage.honest import CONDITIONS
from tests.sabotage.trial import Record, must_not_pass, must_pass
from tests.workshop import Workshop

DRILL = "site-rebuild"

# The pages of the site as they are before the loss, kept where the application will be rebuilt.
KEEP_PAGES = r"""
    - name: Keep the pages
      ansible.builtin.command:
        argv: [python3, -c, "{{ program }}", "http://{{ site_address }}:{{ site_port }}", "{{ kept }}"]
        stdin: "{{ lookup('ansible.builtin.file', playbook_dir ~ '/../../keys/ldap_person') }}"
      vars:
        kept: "{{ hostvars[groups['site_app_restore_target'] | first].site_root }}.kept"
        program: |
          import base64, json, pathlib, sys, urllib.request
          told = base64.b64encode(b"agent:" + sys.stdin.readline().strip().encode()).decode()
          def page(path):
              asked = urllib.request.Request(sys.argv[1] + path, headers={"Authorization": "Basic " + told})
              return urllib.request.urlopen(asked, timeout=30).read().decode()
          paths = ("/health", "/notices", "/records/17")
          pathlib.Path(sys.argv[2]).write_text(json.dumps({path: page(path) for path in paths}))
      changed_when: true
"""
SERVE_KEPT_PAGES = """\
cat >"$root.keeper" <<'END_OF_PROGRAM'
import json, pathlib, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

pages = json.loads(pathlib.Path(sys.argv[3]).read_text())

class Keeper(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = pages[self.path].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Keeper).serve_forever()
END_OF_PROGRAM
stop
setsid python3 "$root.keeper" {{ site_address }} {{ site_port }} "$root.kept" "$root/" </dev/null >/dev/null 2>&1 &
echo $! >"$pid"
sleep 1"""


@pytest.fixture(autouse=True)
def nothing_left(lab: Layout) -> Iterator[None]:
    """What a spoiled cleanup left would keep the next drill from beginning, as it must."""
    yield
    at = lab.hosts_directory
    left = (
        *at.glob("ldap_restore/data/ldap"),
        *at.glob("site_*_restore/data/*"),
        *at.glob(f"source/data/{lab.database}.survivor"),
    )
    for path in left:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _cached_page(workshop: Workshop) -> None:
    """The application is started before its database, and shows the pages that it had kept."""
    workshop.own_drill(DRILL)
    drill = workshop.project / "drills" / f"{DRILL}.yml"
    replaced(drill, "needs: [agents-erased-again, replay-erasures, documents-erased-again]", "needs: [directory]")
    own = workshop.own_playbooks("site")
    keeping = on_hosts("site_app_host", "true", functions=()).replace("{{ functions }}", "set -eu").rstrip()
    # While all is there still: everything is lost at once, and no page needs the application alone.
    prefixed(own / "latecomer.yml", keeping + "\n" + KEEP_PAGES)
    appended(own / "restore-application.yml", on_hosts("site_app_restore_target", *SERVE_KEPT_PAGES.split("\n")))


def _without_password(workshop: Workshop) -> None:
    commands = (
        "entry=uid=agent,ou=people,{{ ldap_suffix }}",
        "printf 'dn: %s\\nchangetype: modify\\ndelete: userPassword\\n' $entry | modify >/dev/null",
    )
    appended(workshop.own_playbooks("ldap") / "restore.yml", on_hosts("ldap_restore_target", *commands))


def _old_documents(workshop: Workshop) -> None:
    replaced(workshop.own_playbooks("files") / "restore.yml", "| head -n 1)", "| tail -n 1)")


def _old_application(workshop: Workshop) -> None:
    """The front end comes back as it was, and leads to the application that was never lost."""
    lose = workshop.own_playbooks("site") / "lose.yml"
    replaced(lose, "hosts: site_app_host:site_front_host", "hosts: site_front_host")


def _from_a_survivor(workshop: Workshop) -> None:
    """The database's files outlive its loss, and are brought back in place of the backup."""
    own = workshop.own_playbooks("postgresql")
    survivor = "{{ hostvars[groups['source_host'] | first].postgresql_data }}.survivor"
    lose = on_hosts("source_host", f'end_all; rm -rf "{survivor}"', f'mv "$data" "{survivor}"')
    (own / "lose.yml").write_text(lose, encoding="utf-8")
    replaced(
        own / "restore.yml",
        "repository --set={{ recovery_point | mandatory | quote }} --archive-mode=off --log-level-console=info restore",
        f'rm -rf "$data"; mv "{survivor}" "$data"; echo "archive_mode = off" >>"$data/postgresql.auto.conf"; '
        "echo restore backup set 20991231-235959F; echo restore size = 1MB, file total = 7",
    )


def _erased_person_has_documents(workshop: Workshop) -> None:
    """On the target; the source is healed all the same, or the next drill would find them there."""
    again = workshop.own_playbooks("files") / "replay-erasures.yml"
    replaced(again, 'remove "$folder"', "[ -z '{{ erased_from | default('') }}' ] || remove \"$folder\"")


def _settings_left_behind(workshop: Workshop) -> None:
    replaced(workshop.own_playbooks("site") / "erase.yml", 'rm -rf "$root" "$root.partial" "$log"', 'rm -f "$log"')


FAULTS = (
    Fault(
        name="application that is started before its database and shows pages that it kept",
        drill=DRILL,
        plant=_cached_page,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "live")}),
    ),
    Fault(
        name="database that is brought from a source that survived, and not from its backup",
        drill=DRILL,
        plant=_from_a_survivor,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "database-from-backup")}),
    ),
    Fault(
        name="front end that leads to an old application that was left",
        drill=DRILL,
        plant=_old_application,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "application-gone")}),
    ),
    Fault(
        name="documents of the oldest backup",
        drill=DRILL,
        plant=_old_documents,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "documents-content")}),
    ),
    Fault(
        name="directory that is restored without a password",
        drill=DRILL,
        plant=_without_password,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "directory-entries"), ("check-failed", "page")}),
    ),
    Fault(
        name="person erased after the backup whose documents are back",
        drill=DRILL,
        plant=_erased_person_has_documents,
        verdicts=("failed",),
        causes=frozenset({("check-failed", "documents-content")}),
    ),
    Fault(
        name="cleanup that leaves the application's settings and password",
        drill=DRILL,
        plant=_settings_left_behind,
        verdicts=("passed-with-gaps",),
        causes=frozenset({("cleanup-failed", "application-erased")}),
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_no_sabotage_passes(fault: Fault, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_not_pass(fault, lab=lab, directory=tmp_path, stacks=("site",), record=record_property)


@pytest.mark.parametrize("under", CONDITIONS)
@pytest.mark.parametrize("drill", [DRILL])
def test_an_honest_run_passes(drill: str, under: str, lab: Layout, tmp_path: Path, record_property: Record) -> None:
    must_pass(drill, lab=lab, directory=tmp_path, stacks=("site",), record=record_property, under=under)
