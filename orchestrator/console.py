"""What a person at a terminal sees of a run, live: one line for each thing that happened, and how the objectives stand.

Reads journal entries and nothing else, so what is shown is what is on disk.
"""

from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orchestrator.core.answer_command import how_to_answer
from orchestrator.core.events import (
    AnswerRefused,
    CanaryFinished,
    CanaryRead,
    CanaryStarted,
    Event,
    GuardDecided,
    GuardObserved,
    PersonAnswered,
    PersonAsked,
    PhaseStarted,
    RecoveryPointObserved,
    RecoveryPointTaken,
    RunFinished,
    RunInterrupted,
    RunStarted,
    StepFinished,
    StepStarted,
    StopRequested,
    WatchChanged,
    WatchFinished,
)
from orchestrator.core.guard import remedy
from orchestrator.core.journal import Entry
from orchestrator.core.model import Outcome, Phase
from orchestrator.core.parameters import write_value
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Clock
from orchestrator.core.results import Judgement, Measurement, Measurements, Quantity
from orchestrator.core.step_definition import PersonStep

STYLES = {Outcome.OK: "green", Outcome.FAILED: "red", Outcome.UNKNOWN: "yellow"}
SIGNS = {Outcome.OK: "ok", Outcome.FAILED: "FAILED", Outcome.UNKNOWN: "unknown"}


_SELF_TESTS = {
    Outcome.FAILED: "fails where it must",
    Outcome.OK: "DOES NOT FAIL where it must",
    Outcome.UNKNOWN: "NOT KNOWN whether it can fail",
}


def seconds(duration_us: int | None) -> str:
    """A duration as a person reads it: milliseconds below a second, then seconds, minutes, hours."""
    if duration_us is None:
        return "unbounded"
    if duration_us < 1_000_000:
        return f"{duration_us / 1000:.0f} ms"
    if duration_us < 120_000_000:
        return f"{duration_us / 1e6:.2f} s"
    if duration_us < 7_200_000_000:
        return f"{duration_us // 60_000_000} min {duration_us % 60_000_000 / 1e6:.0f} s"
    return f"{duration_us // 3_600_000_000} h {duration_us % 3_600_000_000 // 60_000_000} min"


@dataclass(slots=True)
class Account:
    """Follows a run entry by entry. The only mutable thing here: what has begun and not ended yet."""

    plan: Plan
    console: Console
    clock: Clock
    live: Live | None = None
    begun: dict[str, int] = field(default_factory=dict)
    phase: Phase | None = None
    first_us: int | None = None
    disrupted_us: int | None = None
    down_us: dict[str, int] = field(default_factory=dict)
    """Of each watch that sees no answer now: since when."""
    answers_refused: int = 0

    def __enter__(self) -> "Account":
        if self.console.is_terminal:
            self.live = Live(get_renderable=self._footer, console=self.console, refresh_per_second=8, transient=True)
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live is not None:
            self.live.stop()

    def told(self, entry: Entry) -> None:
        """Show one journal entry, where a person would want to know."""
        if self.first_us is None:
            self.first_us = entry.mono_us
        text = self._line(entry.event, at_us=entry.mono_us)
        if text is not None:
            elapsed = (entry.mono_us - self.first_us) / 1e6
            self.console.print(Text.assemble((f"{elapsed:8.2f}  ", "dim"), text), soft_wrap=True, highlight=False)

    def _line(self, event: Event, *, at_us: int) -> Text | None:
        match event:
            case RunStarted():
                return Text(f"run {event.run_id}, asked for by {event.requester}", style="bold")
            case GuardObserved() if not event.ok:
                advice = f" ({said})" if (said := remedy(event)) else ""
                return Text(f"guard     {event.subject}: {event.check}: {event.detail}{advice}", style="red")
            case GuardDecided():
                return _guard_line(event, hosts=len(self.plan.hosts))
            case RecoveryPointObserved():
                word = "is still as pinned" if event.matches else "is NOT what was pinned"
                return Text(f"backup    recovery point {event.id} {word}", style="" if event.matches else "red")
            case RecoveryPointTaken():
                return Text(f"backup    {event.point.tool} {event.point.kind} {event.point.id} was taken")
            case PhaseStarted():
                self.phase = event.phase
                return None
            case StepStarted() | StepFinished():
                return self._step_line(event, at_us=at_us)
            case _:
                return self._observation_line(event)

    def _observation_line(self, event: Event) -> Text | None:
        match event:
            case CanaryStarted():
                return Text(f"canary    commits a marker every {seconds(event.every_us)}")
            case CanaryFinished():
                return Text(f"canary    {event.acknowledged} of {event.sent} markers were acknowledged")
            case CanaryRead() if not event.self_test and event.answered:
                kept = sum(last - first + 1 for first, last in event.survivors)
                return Text(f"canary    {kept} markers read back")
            case WatchChanged():
                return self._change_line(event)
            case WatchFinished():
                return Text(f"watch     {event.watch}: {event.samples} samples, {event.failures} without an answer")
            case StopRequested():
                return Text(f"stop      {event.reason}: cleaning up (a second Ctrl-C leaves that to `reprise recover`)")
            case RunInterrupted():
                return Text("recover   the run was interrupted: cleaning up", style="yellow")
            case RunFinished():
                return Text("run       finished", style="bold")
            case _:
                return self._people_line(event)

    def _people_line(self, event: Event) -> Text | None:
        match event:
            case PersonAsked():
                return self._question(event)
            case PersonAnswered():
                proof = "signed" if event.signature else "stated, not proved"
                return Text(f"answer    {event.step}: {event.decision} by {event.person} as {event.role} ({proof})")
            case AnswerRefused():
                return Text(f"answer    {event.step}: one that does not count: {event.why}", style="red")
            case _:
                return None

    def _question(self, event: PersonAsked) -> Text:
        """What waits for somebody, and word for word how to answer."""
        step = self.plan.drill.step(event.step)
        if not isinstance(step, PersonStep):
            return Text(f"waiting   {event.step}")
        until = f"{event.until_at:%H:%M:%S} UTC"
        lines = [f"waiting   {event.step}: {step.question.ask.en} ({', '.join(event.roles)}, until {until})"]
        lines += [f"{'':20}{command}" for command in how_to_answer(self.plan, step)]
        return Text("\n".join(lines), style="yellow")

    def _change_line(self, event: WatchChanged) -> Text:
        if event.answers:
            down = self.down_us.pop(event.watch, None)
            since = f" after {seconds(event.sample_us - down)}" if down else ""
            return Text(f"watch     {event.watch}: the service answers{since}", style="green")
        self.down_us[event.watch] = event.sample_us
        return Text(f"watch     {event.watch}: the service does not answer", style="red")

    def _step_line(self, event: StepStarted | StepFinished, *, at_us: int) -> Text | None:
        key = f"{event.step}/{event.self_test}"
        if isinstance(event, StepStarted):
            self.begun[key] = at_us
            if self.phase is Phase.DISRUPT and self.disrupted_us is None:
                self.disrupted_us = at_us
            return None
        took = seconds(at_us - self.begun.pop(key, at_us))
        if event.self_test:
            said = _SELF_TESTS[event.outcome]
            return Text(f"self-test {event.step}: {said}", style="dim" if event.outcome is Outcome.FAILED else "red")
        phase = self.plan.drill.step(event.step).phase
        reason = f": {event.reason}" if event.reason else ""
        return Text.assemble(
            f"{phase:<9} {event.step:<18} ", (SIGNS[event.outcome], STYLES[event.outcome]), f"  {took}{reason}"
        )

    def _footer(self) -> RenderableType:
        """The last line while a drill runs: what is under way, and how the objectives stand."""
        now_us = self.clock.monotonic_us()
        table = Table.grid(padding=(0, 3))
        working = ", ".join(f"{key.split('/')[0]} {seconds(now_us - since)}" for key, since in self.begun.items())
        cells = [Text(f"{self.phase or 'guard'}: {working or '...'}", style="bold cyan")]
        rto = self.plan.drill.objectives.rto
        if (
            self.disrupted_us is not None
            and rto is not None
            and self.phase in (Phase.DISRUPT, Phase.RECOVER, Phase.VERIFY)
        ):
            cells.append(_against(now_us - self.disrupted_us, rto))
        principal = self.plan.drill.watch[0].id if self.plan.drill.watch else ""
        if (down := self.down_us.get(principal)) is not None:
            cells.append(Text(f"service down {seconds(now_us - down)}", style="red"))
        table.add_row(*cells)
        return table


def _guard_line(event: GuardDecided, *, hosts: int) -> Text:
    if event.allowed and not hosts:
        return Text("guard     allowed: people alone carry the drill out, no host is touched", style="green")
    if event.allowed:
        return Text(f"guard     allowed: {hosts} hosts are staging, known and marked", style="green")
    return Text("guard     REFUSED: nothing was touched", style="bold red")


def _against(elapsed_us: int, rto_us: int) -> Text:
    style = "green" if elapsed_us < rto_us else "red"
    return Text(f"since the disaster {seconds(elapsed_us)} of {seconds(rto_us)} (RTO)", style=style)


def print_plan(console: Console, plan: Plan) -> None:
    """What is going to happen, and what is pinned."""
    title = plan.drill.title.en
    console.print(f"[bold]{title}[/bold]  ({plan.drill.id})", highlight=False)
    console.print(f"plan      sha256 {plan.digest}", highlight=False)
    hosts = ", ".join(f"{host.name} ({host.address}:{host.port})" for host in plan.hosts)
    console.print(f"hosts     {hosts or 'none: people alone carry it out'}", highlight=False, soft_wrap=True)
    for targets, target in plan.aliases.items():
        console.print(f"target    {target}, in the place of {targets}", highlight=False)
    for name, value in plan.parameters.items():
        console.print(f"parameter {name} = {write_value(value)}", highlight=False, markup=False)
    for point in plan.pinned_points:
        console.print(
            f"backup    {point.tool} {point.kind} {point.id}, of {point.finished_at:%Y-%m-%d %H:%M:%S} UTC",
            highlight=False,
        )
    if plan.recovery_point_fault:
        console.print(f"backup    none pinned: {plan.recovery_point_fault}", style="red", highlight=False)


def print_result(console: Console, judgement: Judgement, measurements: Measurements) -> None:
    """The verdict, the figures with their bounds, and every reason."""
    style = "bold green" if judgement.exit_code == 0 else "bold red"
    console.print(f"verdict   {judgement.verdict}", style=style, highlight=False)
    for found in sorted(measurements.measurements, key=lambda one: list(Quantity).index(one.quantity)):
        whose = f" of {found.watch}" if found.watch is not None else ""
        console.print(f"{f'{found.quantity}{whose}':<14} {_measured(found)}", highlight=False)
    for finding in judgement.findings:
        detail = f": {finding.detail}" if finding.detail else ""
        console.print(f"{finding.weight:<14} {finding.code} {finding.subject}{detail}", style="yellow", highlight=False)
    if judgement.cleanup_failed:
        console.print("the cleanup failed: look at the targets before anything else", style="bold red")


def _measured(found: Measurement) -> str:
    lower, upper = found.value.lower, found.value.upper
    amount = seconds if found.unit == "us" else str
    text = amount(lower) if lower == upper else f"between {amount(lower)} and {amount(upper)}"
    if found.objective is None:
        return text
    word = {True: "met", False: "MISSED", None: "not known to be met"}[found.met]
    return f"{text}; objective {amount(found.objective)}: {word}"
