"""An agreement study, the program against a laboratory's own counts: ``hemolens validate``.

``pairs.py`` brings both tables together photograph by photograph, ``records.py`` turns the pairs into figures,
``page.py`` writes them down, and ``files.py`` puts everything into a folder.
"""
