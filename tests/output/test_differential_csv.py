import csv
import io

from hemolens.cell_types import WHITE_CELL_CLASSES
from hemolens.output.differential_csv import differential_bytes
from hemolens.statistics.differential import join_differentials


def table_of(**counts):
    counted = {name.replace("_", " "): n for name, n in counts.items()}
    text = differential_bytes(join_differentials([counted])).decode()
    return {row["class"]: row for row in csv.DictReader(io.StringIO(text))}


def test_every_class_has_a_row():
    assert list(table_of()) == list(WHITE_CELL_CLASSES)


def test_per_cent_are_of_leukocytes_alone():
    row = table_of(neutrophil=30, lymphocyte=10, unsure=60)["lymphocyte"]
    assert (row["cells"], row["leukocytes"], row["percent"]) == ("10", "40", "25.0")
    assert (row["percent_low"], row["percent_high"]) == ("12.7", "41.2")


def test_without_leukocytes_per_cent_are_empty_and_counts_are_not():
    row = table_of(erythroblast=2)["neutrophil"]
    assert (row["cells"], row["leukocytes"], row["percent"], row["percent_high"]) == ("0", "0", "", "")


def test_erythroblasts_are_told_for_one_hundred_leukocytes():
    table = table_of(neutrophil=40, erythroblast=2)
    assert [name for name, row in table.items() if row["per_100_leukocytes"]] == ["erythroblast"]
    assert (table["erythroblast"]["per_100_leukocytes"], table["erythroblast"]["percent"]) == ("5.0", "")
