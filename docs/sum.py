"""Draw the picture at the head of README.md:  python docs/sum.py"""

from pathlib import Path

from course import draw_window
from course.exercises.many_inputs import EXAMPLE

draw_window(*EXAMPLE, 0, 0).savefig(Path(__file__).with_suffix(".png"), dpi=120)
