"""A project as staff see it at the desk, and the files that they drop into it."""
