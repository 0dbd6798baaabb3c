"""Tests of `paperwork.project`."""
