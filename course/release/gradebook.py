"""Whether this nbgrader can write a course's gradebook: nbgrader itself does not ask."""

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError


def gradebook_file(db_url: str) -> Path | None:
    """Return the file of an SQLite gradebook, or None for another database.

    >>> gradebook_file("sqlite:////srv/course/gradebook.db")
    PosixPath('/srv/course/gradebook.db')
    """
    url = make_url(db_url)
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def gradebook_problem(db_url: str) -> str | None:
    """Return one sentence if a gradebook exists and is of another schema version than nbgrader's.

    A gradebook that does not exist yet is none: nbgrader will make it.
    """
    file = gradebook_file(db_url)
    if file is not None and (not file.exists() or file.stat().st_size == 0):
        return None
    name = file.name if file is not None else "the gradebook"
    engine = create_engine(db_url)
    try:
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
            found = None
            if "alembic_version" in tables:
                found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).split("\n")[0]
        if file is None:
            where = make_url(db_url).render_as_string(hide_password=True)
            return f"The gradebook {where} cannot be reached ({reason}): see that its server runs."
        return f"{name}: it cannot be read ({reason}); put back a copy of it or move it away."
    finally:
        engine.dispose()
    if not tables or found == newest_schema():
        return None
    return (
        f"{name}: its schema is {found or 'of a time before versions'}, while nbgrader "
        f"{version('nbgrader')} needs {newest_schema()}; "
        "keep a copy and run `nbgrader db upgrade`, or use the nbgrader that made it."
    )


def newest_schema() -> str | None:
    """Return the schema version that the installed nbgrader writes."""
    return ScriptDirectory(str(files("nbgrader") / "alembic")).get_current_head()
