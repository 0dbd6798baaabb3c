"""Outside formats and programs, one home for each. Nothing here knows what a project is."""
