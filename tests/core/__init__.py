"""Tests of `paperwork.core`."""
