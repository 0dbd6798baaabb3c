"""From a dropped spreadsheet to a bound, checked, archivable volume."""
