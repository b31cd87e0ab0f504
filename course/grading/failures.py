"""Why a submission could not be graded, in one sentence."""

import re

# What stands in nbgrader's log, and what it means. The first that fits counts.
MEANINGS = {
    "NotJSONError|JSONDecodeError|UnicodeDecodeError": "not a readable notebook: it is no JSON",
    "No notebooks were matched": "there is no notebook in the folder",
    "No notebooks found": "no notebook has the file name that the lesson gave it",
    "database is locked": "another program was writing to the gradebook: grade again",
    "KeyboardInterrupt": "grading was interrupted",
}
LONGEST = 120


def sentence(log: str) -> str:
    """Say in words why nbgrader gave up, given its log."""
    for sign, meaning in MEANINGS.items():
        if re.search(sign, log):
            return meaning
    named = r"[\w.]+(Error|Exception|Cannot\w+|TesterLost)\b"
    errors = [line for line in log.splitlines() if re.match(named, line)]
    if not errors:
        return "nbgrader gave no reason"
    # A class of ours says nothing that its sentence does not.
    first = re.sub(r"^course\.[\w.]+: ", "", errors[0].strip())
    return first if len(first) <= LONGEST else first[: LONGEST - 1] + "…"
