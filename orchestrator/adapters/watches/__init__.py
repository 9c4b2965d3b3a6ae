"""What a watch asks with: one file for each kind of service, the entry points of `reprise.watches`."""
