"""The evidence of a run: built, rendered, signed and verified from what is on disk."""
