"""What a learner plays with: one widget a module, each with its script and its style."""

from course.widgets.axis_explorer import AxisExplorer
from course.widgets.bug_lab import BugLab
from course.widgets.cost_bench import CostBench
from course.widgets.filter_loom import FilterLoom
from course.widgets.pixel_mixer import PixelMixer
from course.widgets.sum_machine import SumMachine

__all__ = ["AxisExplorer", "BugLab", "CostBench", "FilterLoom", "PixelMixer", "SumMachine"]
