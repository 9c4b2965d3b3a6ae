"""Sealed evidence in the formats of others: OSCAL, CSV, XLSX, SEDA, CISO Assistant. Values in, bytes out.

Nothing here reads a file, a clock or the network, and nothing here verifies: what it is given was verified before.
"""
