"""The model of a project, and how it is read from the inputs folder."""
