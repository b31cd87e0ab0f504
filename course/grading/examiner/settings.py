"""What an examiner is made with: plain data, so that it can be one on another machine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from course.grading.sandbox.limits import Limits


@dataclass(frozen=True)
class Settings:
    """What holds for every submission of a course; all of it is part of a result's key.

    carriers : dotted names of what else than plain data may cross
    limits : on each student's process and on each tester
    total_seconds : for a whole notebook, by the clock
    readable : paths that students' code may read, beside Python and this package
    withheld : modules of this package that do not exist for students' code
    environment : names and values in the environment of students' code
    isolate : False trusts the students: their code runs with this user's rights
    """

    carriers: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    total_seconds: float = 300.0
    readable: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    isolate: bool = True

    def plain(self) -> dict[str, Any]:
        """As it is sent and hashed."""
        return asdict(self)

    @classmethod
    def from_plain(cls, told: Mapping[str, Any]) -> "Settings":
        """The settings that `plain` wrote, also after a journey as JSON.

        >>> Settings.from_plain(Settings(carriers=("a.B",)).plain()) == Settings(carriers=("a.B",))
        True
        """
        tuples = {
            key: tuple(tuple(part) if isinstance(part, list) else part for part in value)
            for key, value in told.items()
            if isinstance(value, list | tuple)
        }
        return cls(**{**told, **tuples, "limits": Limits(**told["limits"])})
