"""Tables from spreadsheets, Word and text; workbooks written, and marked with faults."""
