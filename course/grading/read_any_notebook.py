"""How nbgrader opens a notebook that a student handed in."""

from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat.notebooknode import NotebookNode

from course.grading.read_notebook import read_notebook


class ReadAnyNotebook(NotebookExporter):
    """nbconvert's exporter of notebooks, which also opens damaged ones.

    Configured as `c.Autograde.exporter_class`, so that it serves `nbgrader autograde` and
    formgrader too. What it repairs is told to the preprocessors in `resources["repairs"]`.
    """

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if self._is_graded(Path(filename), resources or {}):
            graded: tuple[NotebookNode, dict[str, Any]] = super().from_filename(
                filename, resources, **kw
            )
            return graded
        path = Path(filename)
        nb, repairs = read_notebook(path.read_bytes())
        about = {"name": path.stem, "path": str(path.parent)}
        repairs = [*(resources or {}).get("repairs", []), *repairs]
        given = {**(resources or {}), "metadata": about, "repairs": repairs}
        opened: tuple[NotebookNode, dict[str, Any]]
        opened = self.from_notebook_node(nb, given, **kw)  # type: ignore[no-untyped-call]
        return opened

    def _is_graded(self, path: Path, resources: dict[str, Any]) -> bool:
        """Whether the notebook is already the rebuilt one, which nbgrader wrote itself."""
        coursedir = getattr(self.parent, "coursedir", None)
        names = resources.get("nbgrader")
        if coursedir is None or not names:
            return False
        folder = coursedir.format_path(
            coursedir.autograded_directory, names["student"], names["assignment"]
        )
        return path.resolve().parent == Path(folder).resolve()
