"""The reading of the clauses as staff see and decide it: decisions applied, 要求解读.xlsx, JSON."""
