"""Where Prometheus asks for metrics."""
