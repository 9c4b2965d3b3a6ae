"""OSCAL assessment results: what was assessed, seen and concluded in sealed runs, in NIST's own JSON."""

from reports.export.oscal.document import OSCAL_VERSION, render_oscal

__all__ = ["OSCAL_VERSION", "render_oscal"]
