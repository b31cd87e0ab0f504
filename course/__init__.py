"""What a lesson imports: the checks, the hints, the pictures, and what earlier lessons built."""

from course.checking import check, count_operations, hint, progress
from course.exercises.arithmetic import corr2d, corr2d_multi_in, corr2d_multi_in_out
from course.exercises.one_by_one import three_kinds
from course.figures import (
    draw,
    draw_filter_bank,
    draw_gaps,
    draw_loss,
    draw_maps,
    draw_one_by_one,
    draw_picture,
    draw_sum,
    draw_window,
    load_photo,
)

__all__ = [
    "check",
    "corr2d",
    "corr2d_multi_in",
    "corr2d_multi_in_out",
    "count_operations",
    "draw",
    "draw_filter_bank",
    "draw_gaps",
    "draw_loss",
    "draw_maps",
    "draw_one_by_one",
    "draw_picture",
    "draw_sum",
    "draw_window",
    "hint",
    "load_photo",
    "progress",
    "three_kinds",
]
