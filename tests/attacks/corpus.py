"""All attacks, by the name of the student who hands each of them in."""

from tests.attacks.on_secrets import SECRETS
from tests.attacks.on_the_folder import FOLDER
from tests.attacks.on_the_machine import MACHINE
from tests.attacks.on_the_notebook import NOTEBOOK
from tests.attacks.on_the_pages import PAGES
from tests.attacks.on_the_protocol import PROTOCOL
from tests.attacks.on_the_verdict import VERDICT

TABLES = (VERDICT, PROTOCOL, SECRETS, MACHINE, NOTEBOOK, PAGES, FOLDER)
ATTACKS = {name: attack for table in TABLES for name, attack in table.items()}

# `make test` runs the attacks of the table, but for SLOW_OF_THE_TABLE, and these, which say most of
# the others. The rest waits for `make test-all`.
QUICK_OF_OURS = {
    "answers-a-module",
    "asks-the-kernel",
    "changes-earlier-answers",
    "climbs-out",
    "edits-given-names",
    "ends-by-stop-iteration",
    "gradient-of-another-function",
    "gradients-forged",
    "loads-modules-with-long-names",
    "looks-for-the-caller",
    "names-what-tests-use",
    "own-cell-with-a-tests-name",
    "replaces-the-class",
    "reports-another-way",
    "reports-wrong-values-with-right-facts",
    "returns-true",
    "says-it-is-a-module",
    "sends-another-number",
    "sends-garbage",
    "shows-as-much-as-can-be-sent",
    "stays-as-a-thread",
    "writes-to-the-line",
}
# In the table, but each takes many seconds by the clock, or is like another of the same number.
SLOW_OF_THE_TABLE = {
    "crashes-python",
    "displayhook-nan",
    "equals-every-tensor",
    "loops-on",
    "markdown-output",
    "many-slow-cells",
    "moves-given-names",
    "no-json",
    "a-list",
    "only-depth",
    "quotes-the-test-in-an-error",
    "reads-through-proc",
    "schema-99",
    "sees-that-it-is-graded",
    "shadows-after-the-answer",
    "watches-calls",
}
SLOW = SLOW_OF_THE_TABLE | {
    name for name, attack in ATTACKS.items() if attack.table == 0 and name not in QUICK_OF_OURS
}

# They stand before and after all attackers in the order of names, which is the order of grading.
FIRST, LAST = "000-honest", "zzz-honest"
