"""What a learner plays with: one widget a module, each with its script and its style."""

from course.widgets.filter_loom import FilterLoom
from course.widgets.sum_machine import SumMachine

__all__ = ["FilterLoom", "SumMachine"]
