"""From a dropped spreadsheet to a bound, checked, archivable volume."""

__version__ = "0.1.0"
