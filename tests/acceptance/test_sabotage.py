"""Restores that look like successes and are none: a truncated table, a stale backup, another database. None passes.

Each is a real restore by a playbook that was tampered with; the drill, its checks and everything else are as shipped.
"""

from pathlib import Path

from tests.acceptance.conftest import Workshop

AS_SUPERUSER = """
- name: Sabotage
  hosts: restore_target
  gather_facts: false
  vars:
    functions: "{{{{ lookup('ansible.builtin.template', 'functions.sh.j2') }}}}"
  tasks:
    - name: Spoil what was restored
      ansible.builtin.raw: |
        {{{{ functions }}}}
{commands}
      changed_when: true
"""
IN_POSTGRES = '"$bin/psql" -Xq -h "$sockets" -p {{ postgresql_port }} -U postgres -d postgres'
IN_DPI = '"$bin/psql" -XAtq -v ON_ERROR_STOP=1 -h "$sockets" -p {{ postgresql_port }} -U postgres -d dpi -c'


def spoil(restore: Path, *commands: str) -> None:
    """Add a play after the restore that runs shell commands on the restored host."""
    indented = "\n".join(f"        {command}" for command in commands)
    with restore.open("a", encoding="utf-8") as file:
        file.write(AS_SUPERUSER.format(commands=indented))


def test_a_truncated_table_is_found(workshop: Workshop) -> None:
    own = workshop.own_playbooks("postgresql")
    spoil(own / "restore.yml", f'{IN_DPI} "DELETE FROM results WHERE id > (SELECT avg(id) FROM results)"')

    done = workshop.run()

    assert done.code == 1, done.out + done.err
    assert workshop.judgement["verdict"] == "failed"
    assert ("check-failed", "content") in workshop.findings


def test_a_stale_backup_is_found(workshop: Workshop) -> None:
    own = workshop.own_playbooks("postgresql")
    restore = own / "restore.yml"
    text = restore.read_text()
    stale = text.replace(" restore\n", " --type=immediate --target-action=promote restore\n", 1)
    assert stale != text
    restore.write_text(stale)

    done = workshop.run()

    assert done.code != 0, done.out + done.err
    assert workshop.judgement["verdict"] in ("failed", "inconclusive")
    assert workshop.findings & {("rpo-missed", "rpo"), ("rpo-not-measured", "rpo")}


def test_a_perfect_copy_of_another_database_is_found(workshop: Workshop) -> None:
    """Every row, role and password is right, and so is every digest: only it is not the database that was lost."""
    own = workshop.own_playbooks("postgresql")
    spoil(
        own / "restore.yml",
        'copy="$data.foreign"',
        '"$bin/initdb" -D "$copy" -k -E UTF8 --no-locale -U postgres -A trust >/dev/null',
        '"$bin/pg_dumpall" -h "$sockets" -p {{ postgresql_port }} -U postgres >"$copy/all.sql"',
        "end_all",
        'rm -rf "$data"',
        'mv "$copy" "$data"',
        "start_and_wait 60",
        f'{IN_POSTGRES} -f "$data/all.sql" >/dev/null 2>&1',
    )

    done = workshop.run()

    assert done.code == 1, done.out + done.err
    assert workshop.judgement["verdict"] == "failed"
    assert ("check-failed", "identity") in workshop.findings
    assert ("check-failed", "content") not in workshop.findings
