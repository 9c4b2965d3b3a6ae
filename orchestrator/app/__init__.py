"""Puts the parts together: what each command does, as functions that return values. Speaks to nobody."""
