"""Word templates, LibreOffice, and the fonts that print them."""
