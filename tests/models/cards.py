"""Cards with every field that one must have: with a network, and without one."""

CARD = {
    "name": 'a "quoted" \\ name',
    "cell_type": "wbc",
    "network": "unet",
    "outputs": ["mask"],
    "red_cell_diameter_px": 24.0,
    "margin_px": 44,
    "grid_px": 8,
    "extra_px": 4,
    "sha256": "0" * 64,
    "terms": "research",
    "trained_steps": 10,
    "trained_on": ["x", "y"],
    "sources": [{"name": "s", "what": "w", "terms": "t"}],
    "figures": [{"metric": "m", "photographs": "p", "value": 0.5}],
}

CLASSICAL_CARD = {
    "name": "classical",
    "segmentation": "otsu",
    "outputs": ["rbc.mask"],
    "red_cell_diameter_px": 24.0,
    "terms": "research",
}
