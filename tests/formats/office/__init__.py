"""Tests of `paperwork.formats.office`."""
