"""How things are sent to others: mail with TLS, and signed POST requests. What is sent is the caller's."""
