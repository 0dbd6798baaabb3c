"""The catalogue of published projects: its tables, its rows, its totals."""
