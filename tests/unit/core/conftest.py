"""Property tests draw enough to find a fault and no more, and a slow machine is none."""

from hypothesis import settings

settings.register_profile("reprise", max_examples=50, deadline=None)
settings.load_profile("reprise")
