"""The register: an append-only Merkle log of everything that was planned, begun, ended, missed, waived or annotated."""
