"""What a person looks at: the table on the terminal, and pages.

=====================  =============================================================================
:mod:`.terminal`       counts → the table that a person reads on the terminal
:mod:`.plot`           values → plots: lists of lines, boxes, dots and words, as SVG
:mod:`.html_page`      a page in Markdown, with its pictures → one HTML file
:mod:`.pdf_page`       the same page → PDF
:mod:`.cell_picture`   a photograph and its cells → a reduced picture under their outlines
:mod:`.charts`         the plots of the report
:mod:`.page`           the photographs of a run → the page of the report, in Markdown
:mod:`.run_report`     the report of a run, photograph by photograph
=====================  =============================================================================
"""

FILE_NAMES = ("report.html", "report.pdf")
"""What the report of a run is written to."""
