"""Files that other programs open: one file here for each format, and the registry of them."""
