"""Words and tools that every package may use: faults, values, dates, text, hashing, cache, lock, child processes."""
