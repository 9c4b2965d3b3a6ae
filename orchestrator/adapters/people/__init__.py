"""Where people's answers arrive, whose keys are known, and how a person's own key signs."""
