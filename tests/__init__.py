"""Tests that tell a story, one file for each module."""
