"""The logical structure of PDF files: headings, paragraphs, tables and pictures for screen readers."""
