"""What a lesson imports: checks, hints, pictures, widgets, and what earlier lessons built.

Each name is fetched when it is first asked for, so that the `course` command and the grader, which
need none of them, do not wait for PyTorch.
"""

from importlib import import_module
from typing import Any

NAMES = {
    "course.checking": ("check", "count_operations", "hint", "progress"),
    "course.exercises.arithmetic": (
        "corr2d",
        "corr2d_multi_in",
        "corr2d_multi_in_out",
        "mix_channels",
    ),
    "course.exercises.many_inputs": ("FIVE_BUGS", "survivors"),
    "course.exercises.given": ("three_kinds",),
    "course.figures": (
        "PHOTO_CREDIT",
        "draw",
        "draw_filter_bank",
        "draw_gaps",
        "draw_loss",
        "draw_maps",
        "draw_one_by_one",
        "draw_picture",
        "draw_sum",
        "draw_window",
        "load_photo",
    ),
    "course.widgets": (
        "AxisExplorer",
        "BugLab",
        "CostBench",
        "FilterLoom",
        "PixelMixer",
        "SumMachine",
    ),
}
"""The names that a lesson imports, by the room that they come from."""

HOME = {name: room for room, names in NAMES.items() for name in names}

__all__ = sorted(HOME)


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"module 'course' has no attribute '{name}'")
    return getattr(import_module(HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *HOME])
