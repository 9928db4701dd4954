"""What is measured once on an image: scale, colours, quality."""
