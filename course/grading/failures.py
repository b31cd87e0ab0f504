"""Why a submission could not be graded, in one sentence."""

LONGEST = 120


def sentence(error: Exception) -> str:
    """Say it without a full stop, as it stands after a colon.

    >>> sentence(ValueError("no such cell: x."))
    'ValueError: no such cell: x'
    """
    words = " ".join(str(error).split()).rstrip(".")
    # An exception of ours says nothing by its name that its sentence does not.
    named = "" if type(error).__module__.startswith("course.") else type(error).__name__
    said = ": ".join(filter(None, (named, words))) or type(error).__name__
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
