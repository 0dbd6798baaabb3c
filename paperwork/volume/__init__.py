"""The two bound editions of a project: laid out, bound, labelled and read back."""
