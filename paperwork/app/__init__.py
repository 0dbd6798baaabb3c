"""The doors of the program: command line, terminal output, web page."""
