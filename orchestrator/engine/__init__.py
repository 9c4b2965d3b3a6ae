"""Carries out a plan and journals every act before the next one. Decides nothing about what it proved."""

from orchestrator.engine.act import Content
from orchestrator.engine.bench import Bench
from orchestrator.engine.recovery import give_up, recover
from orchestrator.engine.run import Request, execute

__all__ = ["Bench", "Content", "Request", "execute", "give_up", "recover"]
