"""Probability maps to cells."""
