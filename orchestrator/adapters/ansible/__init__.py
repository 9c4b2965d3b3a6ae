"""Playbooks through ansible-runner, each in a supervised process of its own, with events that nobody loses."""

from orchestrator.adapters.ansible.runner import AnsibleRunner

__all__ = ["AnsibleRunner"]
