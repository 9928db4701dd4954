"""Many photographs: one that fails does not stop the others."""
