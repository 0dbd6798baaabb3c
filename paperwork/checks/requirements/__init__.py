"""The published requirements: read as obligations, then judged by the evidence in the project."""
