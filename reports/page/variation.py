"""How a run differed from what its drill's file says by itself: another target, what was chosen. Pure."""

from collections.abc import Iterator

from orchestrator.core.model import Scalar
from reports.page.speech import Speech


def other_target(speech: Speech) -> Iterator[str]:
    """Who stood for the drill's targets, where somebody asked for others."""
    plan = speech.evidence.plan
    for targets, target in plan.aliases.items():
        yield speech.words("variation.target", target=target, targets=targets)


def chosen_values(speech: Speech) -> Iterator[str]:
    """Each parameter of the drill with its value, and its default where another one was chosen."""
    plan = speech.evidence.plan
    for name, parameter in plan.drill.parameters.items():
        value = plan.parameters.get(name, parameter.default)
        key = "variation.default" if value == parameter.default else "variation.chosen"
        title = speech.title(parameter.title) or name
        said, default = _said(speech, value), _said(speech, parameter.default)
        yield speech.words(key, title=title, name=name, value=said, default=default)


def _said(speech: Speech, value: Scalar) -> str:
    if isinstance(value, bool):
        return speech.words("answer.yes" if value else "answer.no")
    return str(value)
