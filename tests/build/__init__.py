"""Tests of `paperwork.build`."""
