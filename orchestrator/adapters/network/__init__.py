"""What every conversation with a server needs: its place, a connection and an end in time, faults in fixed words."""
