"""Every exercise of the course, by lesson and by name."""

from course.exercises import many_inputs, many_outputs, one_by_one, one_channel
from course.exercises.exercise import Exercise

LESSONS: dict[str, tuple[Exercise, ...]] = {
    "01_one_channel": one_channel.EXERCISES,
    "02_many_inputs": many_inputs.EXERCISES,
    "03_many_outputs": many_outputs.EXERCISES,
    "04_one_by_one": one_by_one.EXERCISES,
}
"""The exercises of each lesson, in the order of the lesson, by the name of its notebook."""

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise for exercises in LESSONS.values() for exercise in exercises
}
"""Every exercise by its name."""
