"""The reading of a project's published texts (要求解读) for display and editing, as staff see it on the web page."""
