"""The command `reprise`: arguments in, words and exit codes out. Each command loads only when it is called."""

import sys
import traceback
from typing import NoReturn

import click

from orchestrator.cli.faults import explain, say_fault
from orchestrator.cli.lazy import LazyGroup
from orchestrator.environment import enter_prepared_environment
from orchestrator.errors import ExitCode, RepriseError

COMMANDS = {
    "init": ("orchestrator.cli.start:init", "A project directory to start from, on hosts of your own."),
    "hosts": ("orchestrator.cli.hosts:hosts", "Staging hosts: what each still lacks; its key, its marker."),
    "lab": ("orchestrator.cli.lab:lab", "The staging lab on this machine: up, down, status."),
    "check": ("orchestrator.cli.drills:check", "Validate files, then readiness: hosts, keys, markers, backups."),
    "doctor": ("orchestrator.cli.doctor:doctor", "What is wrong with this machine and project, and what to do."),
    "plan": ("orchestrator.cli.drills:plan", "What would happen, and what is pinned."),
    "run": ("orchestrator.cli.drills:run", "Run a drill: disrupt, recover, verify, clean up, seal."),
    "retry": ("orchestrator.cli.drills:retry", "Run again what a run ran, as its next attempt."),
    "runs": ("orchestrator.cli.drills:runs", "List the runs of this project."),
    "show": ("orchestrator.cli.drills:show", "What one run came to."),
    "waiting": ("orchestrator.cli.people:waiting", "What waits for somebody's answer, of whom and until when."),
    "approve": ("orchestrator.cli.people:approve", "Grant what a step of a run asks for."),
    "refuse": ("orchestrator.cli.people:refuse", "Refuse what a step of a run asks for."),
    "answer": ("orchestrator.cli.people:answer", "Say that a task of a run is done, or could not be."),
    "seal": ("orchestrator.cli.evidence:seal", "Finish the evidence of a run that ended and was not sealed."),
    "renew": ("orchestrator.cli.evidence:renew", "Add archive time-stamps to reports that age."),
    "recover": ("orchestrator.cli.recovery:recover", "Clean up and seal every interrupted run, or give one up."),
    "programme": ("orchestrator.cli.programme:programme", "Enter what is due until a day, and what was missed."),
    "due": ("orchestrator.cli.programme:due", "What is due, overdue, missed and waived. Enters nothing."),
    "waive": ("orchestrator.cli.programme:waive", "Let a drill be left out until a day: who, and why."),
    "annotate": ("orchestrator.cli.annotations:annotate", "Enter cause, action, lesson, review, approval or note."),
    "actions": ("orchestrator.cli.annotations:actions", "The corrective actions, the open ones first."),
    "coverage": ("orchestrator.cli.outlook:coverage", "Which system was tested when; what was never tested."),
    "trends": ("orchestrator.cli.outlook:trends", "RTO and RPO of each drill over time, against their objectives."),
    "compare": ("orchestrator.cli.compare:compare", "Two runs side by side: figures, steps, checks, versions."),
    "site": ("orchestrator.cli.site:site", "All of it as pages, for people who do not use a terminal."),
    "hold": ("orchestrator.cli.keeping:hold", "Keep a run, whatever retention says: who, and why; or release it."),
    "prune": ("orchestrator.cli.keeping:prune", "What was kept for long enough; with --yes, remove it."),
    "notify": ("orchestrator.cli.monitoring:notify", "Tell what is overdue or missed; with --test, try each notifier."),
    "metrics": ("orchestrator.cli.monitoring:metrics", "How the project stands, for Prometheus."),
    "dossier": ("orchestrator.cli.dossier:dossier", "The audit file of a period, signed as a whole."),
    "verify": ("orchestrator.cli.evidence:verify", "Check a report, a bundle, a run or an audit file again."),
    "register": ("orchestrator.cli.register:register", "The register of all drills: show, prove, verify, publish."),
    "export": ("orchestrator.cli.export:export", "Sealed evidence as OSCAL, CSV, XLSX, SEDA, or into CISO Assistant."),
    "keys": ("orchestrator.cli.evidence:keys", "The signing key and its certificate."),
    "schema": ("orchestrator.cli.drills:schema", "The JSON Schema of drill files, and of every other format."),
}


@click.group(cls=LazyGroup, commands_by_name=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reprise-drills", prog_name="reprise")
def reprise() -> None:
    """Disaster-recovery drills that prove themselves.

    Exit codes: 0 passed (or done), 1 failed, 2 usage, 3 inconclusive or aborted, 4 refused by the guard,
    5 evidence not valid, 6 invalid definition, 7 cleanup failed, 70 a defect of reprise.
    """


def main() -> NoReturn:
    """Run the command, and end the process with its exit code."""
    enter_prepared_environment()
    sys.exit(_code())


def _code() -> int:
    try:
        result = reprise.main(standalone_mode=False)
    except RepriseError as error:
        return explain(error)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        return say_fault("stopped", hint=None, code=ExitCode.INCONCLUSIVE)
    except Exception:  # noqa: BLE001  the last place: what arrives here is our own defect, and is shown whole
        traceback.print_exc()
        hint = "this is a defect of reprise: please report it with the lines above"
        return say_fault("reprise failed", hint=hint, code=ExitCode.DEFECT)
    return int(result or 0)
