"""Tests of `paperwork.app`."""
