"""Tests of `paperwork.formats.pdf`."""
