"""Any folder of labelled photographs, measured: ``hemolens evaluate``.

``images.py`` finds the photographs of the labels, ``compare.py`` compares what was found with what is true on one
photograph, ``evaluate.py`` does so for all, ``records.py`` turns that into figures, ``page.py`` writes them down
with ``picture.py`` and the plots of the folder above, and ``files.py`` puts everything into a folder.
"""
