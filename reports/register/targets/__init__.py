"""Where checkpoints are published: a directory, a git repository, e-mail, a webhook. One small file each."""

from reports.register.targets.directory import DirectoryTarget
from reports.register.targets.email import EmailTarget
from reports.register.targets.git import GitTarget
from reports.register.targets.webhook import WebhookTarget

__all__ = ["DirectoryTarget", "EmailTarget", "GitTarget", "WebhookTarget"]
