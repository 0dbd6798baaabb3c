"""Tests of `paperwork.formats.spreadsheets`."""
