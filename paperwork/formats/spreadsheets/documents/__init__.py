"""Tables of documents that are no spreadsheets: Word files and PDFs."""
