"""Tests of `paperwork.volume`."""
