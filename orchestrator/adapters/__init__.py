"""One small file for each thing outside: each implements a port, and only errors of ours leave it."""
