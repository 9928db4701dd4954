"""Training of the classifier of white cells: crops with a class in, a classifier with its card out."""
