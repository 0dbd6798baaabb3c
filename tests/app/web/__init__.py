"""Tests of `paperwork.app.web`."""
