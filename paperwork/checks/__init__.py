"""Faults of the data (`rules`) and missing evidence (`requirements`)."""
