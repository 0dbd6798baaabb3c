"""Tests of `paperwork.desk.readings`."""
