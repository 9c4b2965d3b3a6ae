"""PostgreSQL over libpq with deadlines of our own; what the probes, the watch and the canary have in common."""
