"""The page of the desk: requests in, HTML out; nothing else."""
