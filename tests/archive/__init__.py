"""Tests of `paperwork.archive`."""
