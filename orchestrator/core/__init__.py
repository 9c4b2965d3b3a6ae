"""The pure core: values and decisions. Nothing here reads a file, a clock, the environment or the network."""
