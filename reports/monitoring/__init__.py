"""How a project stands, for those who watch over it by machine: values and metrics. They prove nothing."""
