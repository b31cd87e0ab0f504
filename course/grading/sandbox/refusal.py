"""The one error of this room."""


class CannotIsolate(Exception):
    """Students' code cannot be kept apart here; the sentence names the step that failed."""
