"""Tests of `paperwork.checks.rules`."""
