"""Images to probability maps."""
