"""Tests of `paperwork.documents`."""
