"""The static site: what a project has come to, for people who do not use a terminal. Pure but for `directory`."""
