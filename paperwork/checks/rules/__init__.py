"""Rules that the data of a project must keep, such as dates in order and sums that agree."""
