"""The training program behind main_sketch.py: one subject per file."""
