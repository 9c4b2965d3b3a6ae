"""Ways to tell somebody something (`reprise.notifiers`): one small file each, over what `orchestrator.sending` does."""
