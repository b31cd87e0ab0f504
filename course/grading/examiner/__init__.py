"""The examiner: students' code and teachers' tests run apart and exchange plain data."""
