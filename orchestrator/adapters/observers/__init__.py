"""Watches and canaries, each in a process of its own: neither a busy orchestrator nor its death falsifies a sample."""

from orchestrator.adapters.observers.processes import ProcessObservers

__all__ = ["ProcessObservers"]
