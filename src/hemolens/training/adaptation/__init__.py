"""A few corrected photographs of one laboratory → a model that fits its stain, camera and cells."""
