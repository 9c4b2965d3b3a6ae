"""Signatures beyond a local key: certificate paths, revocation, time-stamps, and what all of it is worth."""
