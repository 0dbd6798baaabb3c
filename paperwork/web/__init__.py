"""Web desk: HTTP requests in, HTML out; no other logic."""
