"""Files that are read whole and bounded, and files that are written whole or not at all."""
