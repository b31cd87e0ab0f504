"""What a learner looks at: tensors, windows, filter banks and photographs as pictures.

Every function takes tensors and returns a figure, which a notebook shows by itself.
"""

from course.figures.banks import draw_filter_bank
from course.figures.charts import draw_gaps, draw_loss
from course.figures.photos import PHOTO_CREDIT, draw_maps, draw_picture, load_photo
from course.figures.picture import Picture
from course.figures.pixels import draw_one_by_one
from course.figures.tensors import draw
from course.figures.windows import draw_sum, draw_window

__all__ = [
    "PHOTO_CREDIT",
    "Picture",
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
]
