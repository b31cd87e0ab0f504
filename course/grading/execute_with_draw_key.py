"""Give every submission its own key from which hidden tests draw their inputs."""

import contextlib
import hashlib
import hmac
import os
from collections.abc import Iterator
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets import Unicode


class ExecuteWithDrawKey(Execute):
    """Run the notebook with COURSE_DRAW_KEY in its environment.

    The key is a function of the secret, the assignment and the student, so a copied number
    fails and a regrade is bit-identical.
    """

    secret = Unicode(help="What only the teachers of this course know.").tag(config=True)

    def preprocess(
        self,
        nb: NotebookNode,
        resources: dict[str, Any],
        *arguments: Any,
        **options: Any,
    ) -> tuple[NotebookNode, dict[str, Any]]:
        names = resources["nbgrader"]
        key = draw_key(self.secret, names["assignment"], names["student"])
        with _environment(COURSE_DRAW_KEY=key, COURSE_SECRET=None):
            result: tuple[NotebookNode, dict[str, Any]] = super().preprocess(
                nb, resources, *arguments, **options
            )
        return result


def draw_key(secret: str, assignment: str, student: str) -> str:
    """The key of one submission, 64 hexadecimal digits."""
    message = f"{assignment}\n{student}"
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


@contextlib.contextmanager
def _environment(**values: str | None) -> Iterator[None]:
    """Set (or with None remove) environment variables, and put them back afterwards."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
