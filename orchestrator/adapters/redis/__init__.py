"""Redis: a connection whose every wait ends in time, and answers in fixed words."""
