"""Tests of `paperwork.checks`."""
