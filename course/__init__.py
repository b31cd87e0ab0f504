"""What a lesson imports: checks, hints, pictures, widgets, and what earlier lessons built.

Each name is fetched when it is first asked for, so that the `course` command and the grader, which
need none of them, do not wait for PyTorch. Where a class is graded, checks, pictures and widgets
are left out: nobody looks at them there, and they take most of the time.
"""

import os
from importlib import import_module
from typing import Any

NAMES = {
    "course.checking.calling": ("count_operations",),
    "course.checking.hints": ("hint",),
    "course.checking.progress": ("progress",),
    "course.checking.visible": ("check",),
    "course.exercises.arithmetic": (
        "corr2d",
        "corr2d_multi_in",
        "corr2d_multi_in_out",
        "mix_channels",
    ),
    "course.exercises.five_bugs": ("FIVE_BUGS", "survivors"),
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
"""The names that a lesson imports, by the module or room that they come from."""

HOME = {name: module for module, names in NAMES.items() for name in names}

LEFT_OUT = {"check", "hint", "progress"} | {
    name for name, module in HOME.items() if module == "course.widgets" or name.startswith("draw")
}
"""The names that do nothing where the environment has COURSE_GRADED."""

__all__ = sorted(HOME)


class LeftOut:
    """Stands for a picture, a widget or a check where a class is graded: does and shows nothing."""

    def __call__(self, *_: Any, **__: Any) -> "LeftOut":
        return self

    def __getattr__(self, name: str) -> "LeftOut":
        if name.startswith("_"):  # what IPython looks for to show a value
            raise AttributeError(name)
        return self

    def _ipython_display_(self) -> None:
        pass


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"module 'course' has no attribute '{name}'")
    if name in LEFT_OUT and "COURSE_GRADED" in os.environ:
        return LeftOut()
    return getattr(import_module(HOME[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *HOME])
