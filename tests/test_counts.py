from hemolens.counts import NO_CELLS, Counts, count_cells


def test_counts_each_type(make_cell):
    cells = [make_cell("rbc"), make_cell("plt"), make_cell("rbc"), make_cell("wbc")]
    assert count_cells(cells) == Counts(rbc=2, wbc=1, plt=1)


def test_no_cells_are_a_count():
    assert count_cells([]) == NO_CELLS == Counts(0, 0, 0)


def test_counts_add_up():
    assert sum([Counts(1, 2, 3), Counts(4, 5, 6)], NO_CELLS) == Counts(5, 7, 9)
