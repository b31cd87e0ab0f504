"""Lesson 1, one channel: slide, multiply, sum."""

from typing import Any

import torch
from torch import Tensor

from course.exercises.arithmetic import correlate, signed, sum_of_products
from course.exercises.exercise import GRADIENT_STOPS, INPUT_CHANGED, Case, Exercise, Mistake
from course.exercises.given import RATE
from course.exercises.mistakes import one_channel as wrong
from course.language import N_, _

X = torch.arange(9.0).reshape(3, 3)
K = torch.arange(4.0).reshape(2, 2)
"""The book's example: Y is [[19, 25], [37, 43]]."""

# corr2d. The wrong answers, each as short as learners write it.

EARLY_RETURN = N_("`return` stands inside a loop, so most windows were never filled.")
SMALLER = N_("A window may not stick out of X, so Y is smaller. `out_shape` knows its size.")
NEGATIVE_COUNTS = N_("Negative answers lost their sign. They count as much as positive ones.")
SQUARE = N_("Y came out square. Work out rows and columns separately.")


CORR2D = Exercise(
    name="corr2d",
    kind="code",
    parameters=("X", "K"),
    reference=correlate,
    cases=(
        Case((X, K), expected=torch.tensor([[19.0, 25.0], [37.0, 43.0]])),
        Case((signed(6, 9), signed(2, 3))),
        Case((signed(2, 3), signed(2, 3, seed=1))),
        Case((torch.arange(9).reshape(3, 3), torch.tensor([[0.5, 0.5]])), may_raise=True),
    ),
    mistakes=(
        Mistake(
            wrong.turns_the_kernel,
            N_("Your kernel is turned by 180°. We do cross-correlation: no flip."),
            1,
        ),
        Mistake(
            wrong.slides_the_picture_over_the_kernel,
            N_("X and K have changed places. K slides over X, so the order matters."),
            2,
        ),
        Mistake(
            wrong.forgets_the_last_position,
            N_("One row and one column are missing. A kernel as large as X has one place."),
            3,
        ),
        Mistake(wrong.keeps_the_size_of_the_picture, SMALLER, 4),
        Mistake(wrong.lets_the_window_stick_out, SMALLER, 4),
        Mistake(
            wrong.swaps_rows_and_columns,
            N_("Rows and columns of K are swapped. A shape gives the rows first."),
            5,
        ),
        Mistake(wrong.makes_a_square_of_the_height, SQUARE, 6),
        Mistake(wrong.makes_a_square_of_the_width, SQUARE, 6),
        Mistake(
            wrong.takes_two_by_two_windows,
            N_("Your window is always 2 by 2. Read its size from the shape of K."),
            7,
        ),
        Mistake(
            wrong.multiplies_as_matrices,
            N_("`@` is a matrix product. Multiply matching cells, with `*`."),
            8,
        ),
        Mistake(
            wrong.averages_the_window, N_("You averaged. The products are added, not averaged."), 9
        ),
        Mistake(
            wrong.adds_window_and_kernel,
            N_("You added window and kernel. Multiply matching cells, and then add the products."),
        ),
        Mistake(
            wrong.stops_one_short,
            N_("The last row and column stayed 0. `range(n)` already stops at n - 1."),
        ),
        Mistake(
            wrong.makes_y_of_the_type_of_x,
            N_("Fractions vanished: Y holds whole numbers only. Print `Y.dtype`."),
            11,
        ),
        Mistake(wrong.makes_numbers_of_tensors, GRADIENT_STOPS, 12),
        Mistake(wrong.multiplies_in_place, INPUT_CHANGED, 13),
        Mistake(wrong.writes_into_the_picture, INPUT_CHANGED, 13),
        Mistake(wrong.returns_after_the_first_window, EARLY_RETURN, 14),
        Mistake(wrong.returns_after_the_first_row, EARLY_RETURN, 14),
        Mistake(wrong.cuts_negative_answers, NEGATIVE_COUNTS, 15),
        Mistake(wrong.takes_absolute_values, NEGATIVE_COUNTS, 15),
        Mistake(
            wrong.squeezes, N_("`squeeze` took away an axis of size 1. Y always has two axes.")
        ),
    ),
    hints=(
        N_("In how many places can the window stand, from top to bottom? From left to right?"),
        N_("Begin with zeros for Y. Fill them in two loops, i over rows and j over columns."),
        N_("The window of Y[i, j] begins at X[i, j], as large as K. `*` works cell by cell."),
    ),
    axes=(("h", "w"), ("k_h", "k_w"), ("h_o", "w_o")),
    gradient=True,
    from_scratch=True,
    explain=sum_of_products,
)


# out_shape


def count_positions(h: int, w: int, k_h: int, k_w: int) -> tuple[int, ...]:
    """The output shape, read off a cross-correlation of blanks."""
    return tuple(correlate(torch.zeros(h, w), torch.zeros(k_h, k_w)).shape)


OUT_SHAPE = Exercise(
    name="out_shape",
    kind="code",
    parameters=("h", "w", "k_h", "k_w"),
    reference=count_positions,
    cases=(Case((3, 3, 2, 2), expected=(2, 2)), Case((7, 12, 3, 4)), Case((4, 6, 4, 1))),
    mistakes=(
        Mistake(
            wrong.forgets_to_add_one,
            N_("One too few. Count the places of a kernel that is as large as X."),
            3,
        ),
        Mistake(wrong.gives_columns_first, N_("The order is turned round. Rows come first."), 5),
        Mistake(
            wrong.takes_height_for_width,
            N_("Your answer never uses w. It and k_w give the columns."),
            6,
        ),
        Mistake(
            wrong.pairs_height_with_kernel_width,
            N_("Heights and widths are mixed. k_h belongs to h, and k_w belongs to w."),
            5,
        ),
        Mistake(
            wrong.keeps_the_size, N_("The window must stay inside X, so Y is smaller than X."), 4
        ),
        Mistake(
            wrong.lets_the_kernel_stick_out,
            N_("That counts windows which stick out of X. Count only those inside."),
        ),
        Mistake(wrong.takes_one_too_many, N_("Two too few. Is 1 added or taken away?")),
        Mistake(
            wrong.jumps_by_the_kernel,
            N_("Your window jumps by its own size. It moves by one cell, so windows overlap."),
        ),
        Mistake(
            wrong.loses_half_a_kernel_on_each_side,
            N_("That is right for odd kernels only. Count the places of a 2 by 2 kernel."),
        ),
        Mistake(
            wrong.counts_the_cells, N_("You multiplied the two numbers. Return both, rows first.")
        ),
    ),
    hints=(
        N_("Draw a row of 5 cells. Push a strip of 2 cells along it and count its places."),
        N_("The first window begins in row 0. In which row does the last one begin?"),
        N_("The last one begins in row h - k_h. How many rows are there from 0 to that one?"),
    ),
)


# same_when_flipped


SAME_WHEN_FLIPPED = Exercise(
    name="same_when_flipped",
    kind="choice",
    options=("half turn", "symmetric matrix", "all positive", "none"),
    mistakes=(
        Mistake(
            wrong.symmetric_matrix,
            N_("Turn [[1, 2], [2, 3]] by 180°: it is symmetric, yet changes."),
        ),
        Mistake(
            wrong.all_positive, N_("Turn [[1, 2], [3, 4]] by 180°: it is positive, yet changes.")
        ),
        Mistake(wrong.none, N_("Turn a kernel of four ones by 180°: nothing changes.")),
    ),
    hints=(
        N_("Convolution turns the kernel by 180° first, and then does what you did."),
        N_("Draw a small kernel of each kind, and turn the paper upside down."),
    ),
)


# edge_kernels. Many answers are right, so properties are judged and not numbers.

MOST_CELLS = 7
STRIPES = (1.0, 0.0, 2.0, 2.0, 5.0, 1.0, 3.0, 0.0)
KERNEL_NAMES = ("left_right", "diagonal", "second")

ADD_UP = N_("Its numbers must add up to 0.")
TOP_WITH_BOTTOM = N_("Compare left with right, not top with bottom.")
OTHER_DIAGONAL = N_("Compare a cell with the one to the right and below.")
DARKER_POSITIVE = N_("Bright minus dark is positive. Look at the signs.")
ONE_DIFFERENCE = N_("Take the difference of two differences.")
WRONG_SCALE = N_("Check its sign and its scale: the first differences there are 1, 3, 5.")


def judge_kernels(value: Any) -> str | None:
    """What is wrong with the three kernels, in one sentence, or None.

    value : what a learner's `edge_kernels` returned
    """
    return judge_left_right(value) or judge_diagonal(value) or judge_second(value)


def judge_left_right(value: Any, stripes: Tensor | None = None) -> str | None:
    """What is wrong with the first kernel, or None.

    stripes : (n,), the brightness of each row of a picture with horizontal edges
    """
    rows, columns = _places()
    bright = torch.tensor(STRIPES) if stripes is None else stripes
    return judge_form(value) or _judge_first_difference(
        value,
        which=0,
        still=bright.double()[rows % len(bright)],
        answers_still=N_("{name} answers at horizontal edges, where left equals right."),
        cause=TOP_WITH_BOTTOM,
        darker=-columns,
        not_positive=N_("{name} is not positive where the picture gets darker to the right."),
    )


def judge_diagonal(value: Any, stripes: Tensor | None = None) -> str | None:
    """What is wrong with the second kernel, or None.

    stripes : (n,), the brightness of each diagonal, of a picture with edges along ↘
    """
    rows, columns = _places()
    bright = torch.tensor(STRIPES) if stripes is None else stripes
    return judge_form(value) or _judge_first_difference(
        value,
        which=1,
        still=bright.double()[(rows - columns) % len(bright)],
        answers_still=N_("{name} answers where nothing changes along ↘."),
        cause=OTHER_DIAGONAL,
        darker=-rows - columns,
        not_positive=N_("{name} is not positive where the picture gets darker along ↘."),
    )


def judge_second(value: Any, slope: Tensor | None = None) -> str | None:
    """What is wrong with the third kernel, or None.

    slope : (2,), how much brighter a ramp gets from row to row and from column to column
    """
    sentence = judge_form(value)
    if sentence:
        return sentence
    kernel, name = value[2].detach().double(), KERNEL_NAMES[2]
    rows, columns = _places()
    down, right = (1.0, 3.0) if slope is None else slope.tolist()
    if not _zero(torch.ones_like(rows), kernel):
        return _not_flat(name)
    if not _zero(down * rows + right * columns, kernel):
        fact = _("{name} answers on an even ramp.").format(name=name)
        return f"{fact} {_(ONE_DIFFERENCE)}"
    if ((correlate(columns.double() ** 2, kernel) - 2).abs() > 1e-3).any():
        fact = _("{name} does not give 2 on the picture X[i, j] = j * j.").format(name=name)
        return f"{fact} {_(WRONG_SCALE)}"
    return None


def judge_form(value: Any) -> str | None:
    """What is wrong with the form of the three kernels, or None."""
    if value is None:
        return _("edge_kernels gives None. Did you forget `return`?")
    stacked = isinstance(value, Tensor) and value.ndim == 3
    if not stacked and not isinstance(value, tuple | list):
        return _("edge_kernels returns three tensors:  return left_right, diagonal, second")
    if len(value) != len(KERNEL_NAMES):
        return _("edge_kernels returns {count} kernels, expected 3.").format(count=len(value))
    for name, kernel in zip(KERNEL_NAMES, value, strict=True):
        if not isinstance(kernel, Tensor) or kernel.ndim != 2 or kernel.is_complex():
            return _("{name} must be a tensor with two axes.").format(name=name)
        if not all(1 <= k <= MOST_CELLS for k in kernel.shape):
            return _("{name} may have at most {most} rows and {most} columns.").format(
                name=name, most=MOST_CELLS
            )
        if not kernel.isfinite().all():
            return _("{name} must hold finite numbers.").format(name=name)
    return None


def _judge_first_difference(
    value: Any,
    *,
    which: int,
    still: Tensor,
    answers_still: str,
    cause: str,
    darker: Tensor,
    not_positive: str,
) -> str | None:
    """Judge a kernel that must give 0 where nothing changes, and more where it gets darker."""
    kernel, name = value[which].detach().double(), KERNEL_NAMES[which]
    if not _zero(torch.ones_like(still), kernel):
        return _not_flat(name)
    if not _zero(still, kernel):
        return f"{_(answers_still).format(name=name)} {_(cause)}"
    if _zero(darker, kernel) or (correlate(darker.double(), kernel) < 0).any():
        return f"{_(not_positive).format(name=name)} {_(DARKER_POSITIVE)}"
    return None


def _not_flat(name: str) -> str:
    return f"{_('{name} answers on a picture of one brightness.').format(name=name)} {_(ADD_UP)}"


def _places() -> tuple[Tensor, Tensor]:
    """The row and the column of every pixel of a picture that is larger than any kernel."""
    rows = torch.arange(10).reshape(-1, 1).expand(10, 12)
    return rows, torch.arange(12).expand(10, 12)


def _zero(picture: Tensor, kernel: Tensor) -> bool:
    """True if a kernel answers 0 everywhere, but for rounding."""
    Y, largest = correlate(picture.double(), kernel), picture.abs().max() * kernel.abs().max()
    return bool((Y.abs() <= 1e-4 * largest).all())


EDGE_KERNELS = Exercise(
    name="edge_kernels",
    kind="code",
    judge=judge_kernels,
    mistakes=(
        Mistake(wrong.blurs, ADD_UP),
        Mistake(wrong.compares_top_with_bottom, TOP_WITH_BOTTOM),
        Mistake(wrong.takes_the_other_diagonal, OTHER_DIAGONAL),
        Mistake(wrong.subtracts_bright_from_dark, DARKER_POSITIVE),
        Mistake(wrong.takes_one_wide_difference, ONE_DIFFERENCE),
        Mistake(wrong.turns_the_second_derivative_round, WRONG_SCALE),
        Mistake(wrong.halves_the_second_derivative, WRONG_SCALE),
    ),
    hints=(
        N_("A kernel that gives 0 on one brightness has numbers that add up to 0."),
        N_("For the diagonal, weigh a cell against the one that lies one step along ↘."),
        N_("The second: right minus middle, less middle minus left. Collect the three factors."),
    ),
)


# learn_kernel

ENOUGH, NEAR = 100, 0.05
"""The learning rate that the task asks for; after so many steps the kernel is that near."""

PICTURE = torch.ones(6, 9)
PICTURE[:, 3:6] = 0
ONE_STEP = N_("Only one step was taken. Make K before the loop, and return it after the loop.")


def descend(X: Tensor, Y: Tensor, steps: int) -> Tensor:
    """Where gradient descent on the mean squared error stands, without walking there.

    The error of the kernel shrinks by one and the same matrix in every step, so its power tells.

    X : (h, w)
    Y : (h, w - 1)
    steps : from a kernel of zeros, each with the learning rate 0.5
    returns (1, 2)

    >>> descend(PICTURE, correlate(PICTURE, torch.tensor([[1.0, -1.0]])), 1)
    tensor([[ 0.1250, -0.1250]], dtype=torch.float64)
    """
    pairs, goal = _pairs(X), best_kernel(X, Y).flatten()
    shrink = torch.eye(2).double() - RATE * 2 / len(pairs) * pairs.T @ pairs
    K: Tensor = goal - torch.linalg.matrix_power(shrink, steps) @ goal
    return K[None]


def best_kernel(X: Tensor, Y: Tensor) -> Tensor:
    """The (1, 2) kernel with the smallest squared error, by least squares.

    >>> best_kernel(PICTURE, PICTURE[:, 1:]).shape
    torch.Size([1, 2])
    """
    values = Y.detach().double().reshape(-1, 1)
    solution: Tensor = torch.linalg.lstsq(_pairs(X), values).solution
    return solution.T


def judge_learned(value: Any, X: Tensor, Y: Tensor, steps: int) -> str | None:
    """What is wrong with a learned kernel, or None.

    value : what a learner's `learn_kernel` returned
    """
    if value is None:
        return _("learn_kernel gives None. Did you forget `return`?")
    if not isinstance(value, Tensor):
        return _("learn_kernel returns the kernel, a tensor of shape (1, 2).")
    if value.shape != (1, 2):
        return _("learn_kernel returns shape {shape}, expected (1, 2).").format(
            shape=tuple(value.shape)
        )
    K = value.detach().double()
    if not K.isfinite().all():
        return _("The kernel grew beyond all bounds. The steps are too large, or lead uphill.")
    if not _loss(K, X, Y) < _loss(torch.zeros(1, 2), X, Y):
        return _("The loss did not fall: a kernel of zeros is as good.")
    if steps >= ENOUGH and (K - best_kernel(X, Y)).abs().max() > NEAR:
        return _("The kernel is not yet near the one that made Y.")
    return None


def _pairs(X: Tensor) -> Tensor:
    """Every window of two neighbours: (h * (w - 1), 2)."""
    return X.detach().double().unfold(1, 2, 1).reshape(-1, 2)


def _loss(K: Tensor, X: Tensor, Y: Tensor) -> float:
    return float((correlate(X.double(), K.double()) - Y.double()).square().mean())


LEARN_KERNEL = Exercise(
    name="learn_kernel",
    kind="code",
    parameters=("X", "Y", "steps"),
    judge=judge_learned,
    cases=(
        Case((PICTURE, correlate(PICTURE, torch.tensor([[1.0, -1.0]])), 100)),
        Case((signed(5, 8) / 4, correlate(signed(5, 8) / 4, torch.tensor([[-1.0, 3.0]])), 100)),
        Case(
            (PICTURE, correlate(PICTURE, torch.tensor([[1.0, -1.0]])), 1),
            expected=torch.tensor([[0.125, -0.125]]),
        ),
    ),
    mistakes=(
        Mistake(
            wrong.forgets_to_clear_the_gradient,
            N_("Old gradients add up. Clear them in every step, as with `K.grad.zero_()`."),
        ),
        Mistake(wrong.climbs, N_("Your steps lead uphill. Subtract the gradient from K.")),
        Mistake(
            wrong.sums_the_squares,
            N_("The loss is the mean of the squares. With their sum, each step is far too long."),
        ),
        Mistake(wrong.takes_one_step, ONE_STEP),
        Mistake(
            wrong.always_takes_a_hundred_steps,
            N_("You take 100 steps whatever is asked. Loop over `range(steps)`."),
        ),
        Mistake(
            wrong.remembers_the_lesson,
            N_("This kernel is remembered, not learned. Begin with zeros, and use X and Y."),
        ),
        Mistake(
            wrong.makes_a_new_kernel_each_step,
            N_("`K = K - …` makes a new tensor without a gradient. Change K itself, with `-=`."),
        ),
        Mistake(wrong.returns_the_loss, N_("That is the loss. Return the kernel.")),
        Mistake(
            wrong.keeps_the_axes_of_conv2d,
            N_("The kernel still has the four axes of `conv2d`. Return two axes."),
        ),
    ),
    hints=(
        N_("Begin with `torch.zeros(1, 2, requires_grad=True)`, once, before the loop."),
        N_("Each step: predict, take the mean of the squared differences, call `backward()`."),
        N_("Change K inside `with torch.no_grad():`, with `-=`. Then clear `K.grad`."),
    ),
)

EXERCISES = (OUT_SHAPE, CORR2D, SAME_WHEN_FLIPPED, EDGE_KERNELS, LEARN_KERNEL)
