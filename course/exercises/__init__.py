"""What is asked, lesson by lesson."""
