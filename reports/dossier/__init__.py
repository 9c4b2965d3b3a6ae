"""The audit file of a period: what was planned and done, by the register and every report, in one signed file."""
