"""Where students' code runs: behind an outer wall, and inside it, each submission by itself."""
