"""Cells to numbers: counts, intervals, densities, and the summary of a smear."""
