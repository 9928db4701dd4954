"""Any folder of labelled photographs, measured: ``hemolens evaluate``.

``evaluate.py`` counts the photographs and compares each with its labels (:mod:`hemolens.evaluation.comparison`),
``records.py`` turns that into figures, ``page.py`` writes them down with ``picture.py`` and the plots of the folder
above, and ``files.py`` puts everything into a folder.
"""
