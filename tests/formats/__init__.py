"""Tests of `paperwork.formats`."""
