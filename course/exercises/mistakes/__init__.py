"""The known wrong answers, one module a lesson: each as short as learners write it."""
