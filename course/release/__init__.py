"""From source to release: what a learner gets, and nothing else.

inspection   what is wrong with the source notebooks, one sentence each
generate     `release` and `stale`, which drive nbgrader's generate_assignment
leaks        `find_leaks`: does a released folder show what it must not
gate         the same as a preprocessor, for stock `nbgrader generate_assignment` and formgrader
"""
