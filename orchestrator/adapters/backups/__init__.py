"""One small file for each backup tool: which recovery points it says there are."""
