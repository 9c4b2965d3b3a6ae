"""One question over HTTP, its whole time bounded: what probes and watches of web services are made of."""
