"""Pictures in: photographs and slides as pixels, parts of them, and the region that is counted."""
