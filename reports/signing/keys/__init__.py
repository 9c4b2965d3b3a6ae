"""Where keys are: files, tokens, programs. Each kind is an entry point of the group `reprise.signers`."""
