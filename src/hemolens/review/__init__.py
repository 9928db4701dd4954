"""Correcting a count by hand: the trail of corrections, what each may be, and the counted image that follows.

=====================  ====================================================================
:mod:`.trail`          what was corrected, row by row: replayed, undone, summed up
:mod:`.edits`          what a person wants → the cells that change
:mod:`.outlines`       outlines drawn by hand → cells
:mod:`.proposal`       a click → the outline of a cell
:mod:`.records`        cells and their changes as JSON, and back
:mod:`.kept_result`    a counted image as bytes, and back
:mod:`.reviewed`       the model's result and the trail → the corrected result
=====================  ====================================================================
"""
