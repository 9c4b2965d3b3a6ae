"""Playbooks through ansible-runner, each in a supervised process of its own, with counted events of our own."""

from orchestrator.adapters.ansible.runner import AnsibleRunner

__all__ = ["AnsibleRunner"]
