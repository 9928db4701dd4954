"""The differential: which kind of white cell each white cell is."""
