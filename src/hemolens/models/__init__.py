"""Models: weights in ONNX, and a card that says all that is known about them."""
