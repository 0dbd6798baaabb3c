"""Tests of paperwork.checks.requirements.reading."""
