"""The paper's tables, measured: 'Blood cells image segmentation and counting using deep transfer learning'.

Gharbi, Neggazi, Touazi, Yagoubi, Gaceb. ``systems.toml`` lists what is measured, ``measure.py`` measures it,
``records.py`` turns what was measured into figures, and ``page.py`` sets them beside the paper's.
"""
