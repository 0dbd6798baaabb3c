"""Tests of `paperwork.desk`."""
