"""Labelled photographs → trained networks. Needs the extra ``train``."""
