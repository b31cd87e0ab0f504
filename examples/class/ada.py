"""Ada does everything right, the way the lessons suggest."""
