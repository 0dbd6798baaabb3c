"""PDF files: foreign ones made safe, volumes merged, fonts shared, pages numbered, drawn, split and validated."""
