from hemolens.output.cells_csv import COLUMNS, cell_rows
from hemolens.output.entries import Entry

ENTRY = Entry("a.jpg", "overlay/a.png", "a.jpg")


def test_the_columns_are_those_that_other_tools_rely_on():
    expected = "image,cell,type,x,y,x0,y0,x1,y1,area_px,diameter_px,score,touches_frame"
    assert ",".join(COLUMNS) == expected


def test_x_is_the_column_and_the_box_is_half_open(make_cell):
    (row,) = cell_rows(ENTRY, [make_cell("wbc", row=5, col=7, half=2)])
    assert row == ("a.jpg", "1", "wbc", "7.00", "5.00", "5", "3", "10", "8", "25.0", "5.64", "0.7500", "0")
    assert len(row) == len(COLUMNS)


def test_cells_are_numbered_from_one_within_the_photograph(make_cell):
    rows = list(cell_rows(ENTRY, [make_cell(), make_cell(touches_frame=True)]))
    assert [(row[1], row[-1]) for row in rows] == [("1", "0"), ("2", "1")]


def test_no_cells_have_no_rows():
    assert list(cell_rows(ENTRY, [])) == []
