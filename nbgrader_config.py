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
# It does what nbgrader's own five do: outputs, ids, kernel, locked cells and metadata are new.
c.Autograde.sanitize_preprocessors = ["course.grading.rebuild.Rebuild"]

# The notebook that is run -> scores in the gradebook.
c.Autograde.autograde_preprocessors = [
    # In place of nbgrader's Execute: tests run where student code cannot reach.
    "course.grading.examine.Examine",
    "course.grading.refuse_bad_points.RefuseBadPoints",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    # In place of nbgrader's SaveAutoGrades and AssignLatePenalties: one transaction, not sixty.
    "course.grading.record.Record",
    # After scoring: formgrader and feedback show what is written here.
    "course.grading.clean.Clean",
]

# Hidden tests draw their inputs from this secret, the lesson and the student. For a real class
# set COURSE_SECRET to a long random text and keep it: another secret draws other inputs.
c.Examine.secret = os.environ.get("COURSE_SECRET", "for local runs only")

# What passes between students' code and the tests beside plain data, numbers and NumPy arrays.
c.Examine.carriers = ["course.checking.tensors.TensorCarrier"]

# Where students' code runs, pictures are not drawn, and the references of the exercises do not
# exist. These two settings are this course's own: leave them out for another one. To have the
# lessons' own pictures in graded notebooks, set show_given to True and leave COURSE_GRADED out.
c.Examine.show_given = False
c.Examine.environment = {"COURSE_GRADED": "1"}
c.Examine.withheld = [
    "course.exercises.catalogue",
    "course.exercises.one_channel",
    "course.exercises.many_inputs",
    "course.exercises.many_outputs",
    "course.exercises.one_by_one",
]

# Limits for one submission: one cell or one call, in seconds of processor time (what is right takes
# milliseconds; once one takes too long, all others get a tenth, and a further call of the same
# function a tenth of that); the whole notebook, by the clock and in processor time; memory in MiB.
c.Examine.cell_seconds = 2
c.Examine.total_seconds = 120
c.Examine.processor_seconds = 60
c.Examine.memory = 1024

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
