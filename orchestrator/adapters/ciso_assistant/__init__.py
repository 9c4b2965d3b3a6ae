"""CISO Assistant (intuitem), spoken to over its REST API: the evidence of a run, and what it is evidence for."""

from orchestrator.adapters.ciso_assistant.push import CisoAssistant, Pushed, Target

__all__ = ["CisoAssistant", "Pushed", "Target"]
