"""How markers are written and read back: one file for each kind of service, the entry points of `reprise.canaries`."""
