"""The report of one run in words and numbers: everything that its template prints, and nothing drawn. Pure."""
