import pytest

from hemolens.labels.all_idb1 import AllIdb1
from hemolens.paper.systems import THIRTEEN, System, measured_photographs, read_systems


def system(**changes):
    values = {"cell": "rbc", "network": "do-unet", "protocol": "honest", "configs": ["rbc-honest", "rbc"]}
    return System.model_validate(values | changes)


def test_every_setup_of_every_system_exists_and_is_of_its_cell_type():
    for each in read_systems():
        assert {member.cell_type for member in each.members()} == {each.cell}


def test_every_table_has_both_protocols_for_every_network():
    seen = {(each.table, each.cell, each.network, each.protocol) for each in read_systems()}
    for table, cell, network, _ in seen:
        assert {(table, cell, network, "paper"), (table, cell, network, "honest")} <= seen


def test_the_counting_tables_have_two_networks_for_each_cell_type():
    for cell in ("rbc", "wbc", "plt"):
        assert len({each.network for each in read_systems() if (each.table, each.cell) == ("counting", cell)}) == 2


def test_a_seed_names_the_model():
    members = system(configs=["rbc-a-honest"], seeds=[1, 7]).members()
    assert [(each.name, each.seed) for each in members] == [
        ("rbc-do-unet-a-honest-seed-1", 1),
        ("rbc-do-unet-a-honest-seed-7", 7),
    ]


def test_the_paper_counts_every_labelled_photograph(synthetic_all_idb1):
    paper = system(protocol="paper")
    data = AllIdb1(synthetic_all_idb1)
    assert measured_photographs(data, paper, paper.members()[0]) == data.counted("rbc")


def test_the_honest_protocol_counts_only_what_was_held_out(synthetic_all_idb1):
    honest = system()
    first, second = (measured_photographs(AllIdb1(synthetic_all_idb1), honest, member) for member in honest.members())
    assert (first, second) == (["Im037_0"], ["Im037_0", "Im053_1"])


def test_the_thirteen_are_those_with_outlines():
    assert len(set(THIRTEEN)) == 13


@pytest.mark.parametrize("each", read_systems(), ids=lambda each: f"{each.cell}-{each.network}-{each.protocol}")
def test_borrowed_settings_are_one_for_each_set_up(each):
    assert len(each.settings) in {0, len(each.configs)}
