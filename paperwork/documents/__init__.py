"""A project and the declared forms, turned into filled Word files and PDFs."""
