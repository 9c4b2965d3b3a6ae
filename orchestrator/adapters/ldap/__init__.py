"""LDAP directories: a connection whose every wait ends in time, searches and additions, results in fixed words."""
