"""MariaDB and MySQL: a session that ends in time, read-only questions, faults in fixed words."""
