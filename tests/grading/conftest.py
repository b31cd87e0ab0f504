from tests.graded_class import graded_class as graded_class
