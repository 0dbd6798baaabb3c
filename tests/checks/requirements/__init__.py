"""Tests of `paperwork.checks.requirements`."""
