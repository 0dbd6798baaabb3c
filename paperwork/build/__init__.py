"""Builds of one project, of many projects, and on many machines."""
