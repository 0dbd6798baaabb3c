"""Tests of `paperwork.formats.media`."""
