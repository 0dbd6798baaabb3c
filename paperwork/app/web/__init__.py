"""The web desk: a local page that calls what the command line calls."""
