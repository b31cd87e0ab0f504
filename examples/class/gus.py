"""Gus has everything right. He deleted a check, and copied and pasted another one."""

import copy


def damage(cells):
    tests = [c for c in cells if c["metadata"].get("nbgrader", {}).get("grade")]
    cells.remove(tests[0])
    again = copy.deepcopy(tests[2])
    again["id"] = "pasted"
    cells.insert(cells.index(tests[2]) + 1, again)
