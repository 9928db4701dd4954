from dataclasses import replace

from hemolens.counted_image import CellOrigin, Review
from hemolens.output.cells_csv import COLUMNS, SHAPES, cell_rows, measurements_of, name_of
from hemolens.output.column import header
from hemolens.output.entries import Entry

ENTRY = Entry("a.jpg", "overlay/a.png", "a.jpg")


def test_the_columns_are_those_that_other_tools_rely_on():
    expected = (
        "image,cell,type,x,y,x0,y0,x1,y1,area_px,diameter_px,score,touches_frame,by,checked,class,class_probability,"
        + ",".join(SHAPES)
    )
    assert ",".join(header(COLUMNS)) == expected


def test_x_is_the_column_and_the_box_is_half_open(make_result, make_cell):
    (row,) = cell_rows(ENTRY, make_result("a.jpg", make_cell("wbc", row=5, col=7, half=2)))
    measured = ("7.00", "5.00", "5", "3", "10", "8", "25.0", "5.64", "0.7500", "0")
    assert row == ("a.jpg", "1", "wbc", *measured, "model", "0", *[""] * 7)
    assert len(row) == len(COLUMNS)


def test_cells_are_numbered_from_one_within_the_photograph(make_result, make_cell):
    rows = list(cell_rows(ENTRY, make_result("a.jpg", make_cell(), make_cell(touches_frame=True))))
    assert [(row[1], row[12]) for row in rows] == [("1", "0"), ("2", "1")]


def test_no_cells_have_no_rows(make_result):
    assert list(cell_rows(ENTRY, make_result())) == []


def test_a_name_like_a_formula_is_made_harmless(make_result, make_cell):
    ((image, *_),) = cell_rows(Entry("=1+1.jpg", "overlay/a.png", None), make_result("a.jpg", make_cell()))
    assert image == "'=1+1.jpg"


def test_who_made_a_cell_is_told_and_no_formula(make_result, make_cell):
    origins = (CellOrigin(), CellOrigin("=Ada", checked=True))
    result = replace(make_result("a.jpg", make_cell(), make_cell()), review=Review(0, 0, 1, ("=Ada",), origins))
    assert [row[13:15] for row in cell_rows(ENTRY, result)] == [("model", "0"), ("'=Ada", "1")]


def test_measurements_are_rounded_as_in_the_table(make_result, make_cell):
    cell = make_cell(half=1, touches_frame=True)
    (row,) = cell_rows(ENTRY, make_result("a.jpg", cell))
    measured = dict(zip(header(COLUMNS), row, strict=True))
    assert measurements_of(cell) == {
        name: float(measured[name]) for name in ("score", "area_px", "diameter_px", "touches_frame")
    }


def test_a_white_cell_has_its_class_where_it_is_known(make_result, make_cell):
    named = replace(make_cell("wbc"), white_cell_class="immature granulocyte", class_probability=0.87)
    rows = cell_rows(ENTRY, make_result("a.jpg", make_cell(), named))
    assert [row[15:17] for row in rows] == [("", ""), ("immature granulocyte", "0.8700")]
    assert name_of(named) == "wbc: immature granulocyte"
