"""What is wrong with this machine and this project, and what to do (`reprise doctor`). Changes nothing."""

from orchestrator.app.doctor.answers import Answer, Health
from orchestrator.app.doctor.examination import examine

__all__ = ["Answer", "Health", "examine"]
