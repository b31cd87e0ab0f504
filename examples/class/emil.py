"""Emil ran out of time: in every lesson he wrote the first two exercises and left the rest."""

START = "released"
FROM_SOLUTIONS = 2
