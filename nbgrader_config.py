"""What makes stock nbgrader, formgrader and the `course` command work on this course.

The lists are nbgrader's own with our steps added. The file serves any course in Python: copy it
into the folder of the course and change `course_id`.
"""

import os

c = get_config()  # noqa: F821 (nbgrader provides it)

c.CourseDirectory.course_id = "many_channels"

# Source notebook -> release: the last step refuses a notebook that shows a solution or a test.
c.GenerateAssignment.preprocessors.append("course.release.gate.LeakGate")

# The rubric of a written answer stands in a locked cell below it. Learners get the cell without
# the rubric; autograde puts it back, so that it is there for manual grading.
c.ClearMarkScheme.enforce_metadata = False

# Submitted notebook -> the notebook that is run: the released one with the student's text in it.
c.Autograde.exporter_class = "course.grading.read_any_notebook.ReadAnyNotebook"
c.Autograde.sanitize_preprocessors = [
    "course.grading.rebuild.Rebuild",  # first: those below stop at damaged metadata
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# The notebook that is run -> scores in the gradebook.
c.Autograde.autograde_preprocessors = [
    "course.grading.execute_with_draw_key.ExecuteWithDrawKey",
    # These two change what the tests printed, so they stand between running and scoring.
    "course.grading.warnings_keep_marks.WarningsKeepMarks",
    "course.grading.refuse_bad_points.RefuseBadPoints",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
    # After scoring: formgrader and feedback show what is written here.
    "course.grading.clean.Clean",
]

# Hidden tests draw their inputs from this secret, the lesson and the student. For a real class
# set COURSE_SECRET to a long random text and keep it: another secret draws other inputs.
c.ExecuteWithDrawKey.secret = os.environ.get("COURSE_SECRET", "for local runs only")

# Seconds one cell may run.
c.Execute.timeout = 30

# A widget's still picture is what a graded notebook shows. Its state would need the network.
c.Execute.store_widget_state = False

# Graded notebook -> the page a student gets.
c.GenerateFeedback.preprocessors = [
    "course.reports.hide_tests.HideTests",
    "course.reports.show_repairs.ShowRepairs",
    "course.grading.clean.Clean",  # again: the two above change what is shown
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# On formgrader's pages a heading has no id: a student's could be that of a score's field.
c.HTMLExporter.exclude_anchor_links = True
