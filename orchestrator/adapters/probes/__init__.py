"""One small file for each probe: what it asks and how the answer becomes counts, words and digests."""
