import pytest
from hypothesis import given
from hypothesis import strategies as st

from hemolens.errors import LabelError, UsageError
from hemolens.evaluation.study import pairs as module
from hemolens.evaluation.study.pairs import match_names, read_study


def test_rows_are_matched_by_the_name_of_the_photograph(study):
    found = study(["a.jpg,9,9,5,1,2,", "b.jpg,9,9,7,0,0,"], ["b.jpg,8", "a.jpg,4"]).pairs["rbc"]
    assert (found.names, found.reference, found.counts) == (["b.jpg", "a.jpg"], [8, 4], [7, 5])


def test_only_types_that_both_tables_have_are_compared(six):
    assert list(six.pairs) == ["rbc", "plt"]
    assert six.pairs["plt"].names == ["1.jpg", "2.jpg"]


def test_zero_is_a_count_and_an_empty_field_is_none(study):
    found = study(["a.jpg,9,9,0,1,2,", "b.jpg,9,9,7,0,0,"], ["a.jpg,0", "b.jpg,"])
    assert found.pairs["rbc"].reference == [0]
    assert "1 photograph without a reference count of red cells: b.jpg." in found.notes


def test_photographs_in_one_table_only_are_named(study):
    notes = study(["a.jpg,9,9,5,1,2,", "b.jpg,9,9,7,0,0,"], ["a.jpg,4", "c.jpg,4"]).notes
    assert notes[:2] == [
        "1 photograph in the reference, but not among the counts: c.jpg.",
        "1 photograph among the counts, but not in the reference: b.jpg.",
    ]


def test_types_that_the_reference_lacks_are_named(six):
    assert six.notes[-1] == "4 photographs without a reference count of platelets: 0.jpg, 3.jpg, 4.jpg, 5.jpg."
    assert "The reference has no count of white cells." in six.notes


def test_photographs_that_the_program_failed_on_are_named(study):
    notes = study(["a.jpg,9,9,5,1,2,", "b.jpg,,,,,,the file is empty"], ["a.jpg,4", "b.jpg,4"]).notes
    assert notes[:1] == ["1 photograph in both tables, but without any count by the program: b.jpg."]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("a.jpg", "a.jpg"),
        ("a", "a.jpg"),
        ("x/a.jpg", "a.jpg"),
        ("a.jpg", "x/a.jpg"),
        ("x\\a", "x/a.PNG"),
        ("a.1", "a.1"),
    ],
)
def test_names_that_mean_the_same_photograph(name, other):
    assert match_names([name], [other]) == {name: other}


@pytest.mark.parametrize(
    ("name", "other"),
    [("a.jpg", "b.jpg"), ("a.jpg", "a.png"), ("x/a.jpg", "y/a.jpg"), ("a.1", "a.2")],
)
def test_names_that_do_not(name, other):
    assert match_names([name], [other]) == {}


def test_the_same_name_comes_before_a_longer_one():
    assert match_names(["a.jpg"], ["x/a.jpg", "a.jpg"]) == {"a.jpg": "a.jpg"}


paths = st.lists(st.sampled_from("xy"), max_size=3).map(lambda folders: "".join(f"{each}/" for each in folders))
photographs = st.tuples(paths, st.sampled_from("ab"), st.sampled_from(["", ".jpg", ".png"])).map("".join)


def agree(name, other):
    """Whether two names may mean one photograph: the shorter is the end of the longer, but for a missing suffix."""
    stems = [each.removesuffix(".jpg").removesuffix(".png") for each in (name, other)]
    suffixes = {each.removeprefix(stem) for each, stem in zip((name, other), stems, strict=True)} - {""}
    short, long = sorted((f"/{stem}" for stem in stems), key=len)
    return long.endswith(short) and len(suffixes) < 2


@given(photographs, st.sets(photographs, max_size=6))
def test_the_one_name_that_agrees_is_found(name, others):
    fitting = [name] if name in others else [other for other in others if agree(name, other)]
    if len(fitting) > 1:
        with pytest.raises(LabelError, match="do not tell the photographs apart"):
            match_names([name], others)
    else:
        assert match_names([name], others) == dict.fromkeys([name] if fitting else [], *fitting)


def test_many_photographs_of_one_name_are_told_apart_by_their_folders():
    names = [f"day {n}/slide/field.jpg" for n in range(20_000)]
    others = [f"smears/{name}" for name in names]
    assert match_names(names, others) == dict(zip(names, others, strict=True))


@pytest.mark.parametrize(
    ("names", "others", "message"),
    [
        (["a"], ["a.jpg", "a.png"], "'a', which fits a.jpg, a.png"),
        (["a.jpg"], ["x/a.jpg", "y/a.jpg"], "'a.jpg', which fits x/a.jpg, y/a.jpg"),
        (["a", "a.jpg"], ["a.jpg"], "both 'a' and 'a.jpg'"),
    ],
)
def test_names_that_do_not_tell_photographs_apart_are_refused(names, others, message):
    with pytest.raises(LabelError, match="do not tell the photographs apart") as refusal:
        match_names(names, others)
    assert message in str(refusal.value)


def test_the_apostrophe_that_guards_a_spreadsheet_is_no_part_of_the_name(study):
    assert study(["'=1+1.jpg,9,9,5,1,2,"], ["=1+1.jpg,4"]).pairs["rbc"].names == ["=1+1.jpg"]


def test_a_name_cannot_steer_the_terminal(study):
    notes = study(["a.jpg,9,9,5,1,2,"], ["a.jpg,4", "\x1b[31mb.jpg,4"]).notes
    assert r"\x1b[31mb.jpg" in notes[0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("-1", "rbc in line 2 of 'ours.csv' is not a count: got '-1'"),
        ("nan", "rbc in line 2 of 'ours.csv' is not a number: got 'nan'"),
        ("inf", "rbc in line 2 of 'ours.csv' is not a number: got 'inf'"),
        ("many", "rbc in line 2 of 'ours.csv' is not a number: got 'many'"),
        ("1.5", "rbc in line 2 of 'ours.csv' is not a count: got '1.5'"),
        ("1e300", "rbc in line 2 of 'ours.csv' is not a count"),
    ],
)
def test_what_is_no_count_is_refused_with_its_line(study, value, message):
    with pytest.raises(LabelError) as refusal:
        study(["a.jpg,9,9,5,1,2,"], [f"a.jpg,{value}"])
    assert message in str(refusal.value)


def test_a_photograph_that_comes_twice_is_refused(study):
    with pytest.raises(LabelError, match=r"the image in line 3 of 'ours\.csv' has been named before: got 'a\.jpg'"):
        study(["a.jpg,9,9,5,1,2,"], ["a.jpg,4", "a.jpg,4"])


@pytest.mark.parametrize("header", ["photo,rbc", "image,red"])
def test_columns_that_are_not_those_of_counts_are_refused(study, header):
    with pytest.raises(LabelError, match=r"the columns of 'ours\.csv' are not those of counts.*rbc, wbc, plt"):
        study(["a.jpg,9,9,5,1,2,"], ["a.jpg;4" if ";" in header else "a.jpg,4"], header=header)


def test_tables_without_a_common_photograph_are_refused(study):
    with pytest.raises(UsageError, match=r"nothing in common: got 1 photographs in '.*', 1 in '.*', 0 of them"):
        study(["a.jpg,9,9,5,1,2,"], ["b.jpg,4"])


def test_a_table_is_not_compared_with_itself(tables):
    counts, _ = tables(["a.jpg,9,9,5,1,2,"], ["a.jpg,4"])
    with pytest.raises(UsageError, match="the counts are compared with themselves"):
        read_study(counts, counts)


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="there is no such table"):
        read_study(tmp_path / "a.csv", tmp_path / "b.csv")


def test_a_folder_is_no_table(tables, tmp_path):
    counts, _ = tables(["a.jpg,9,9,5,1,2,"], ["a.jpg,4"])
    with pytest.raises(LabelError, match="an ordinary file"):
        read_study(counts, tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"image,rbc\n", b'image,rbc\n"a', b"image,rbc\na\n"])
def test_a_malformed_table_is_refused(tables, content):
    counts, reference = tables(["a.jpg,9,9,5,1,2,"], ["a.jpg,4"])
    reference.write_bytes(content)
    with pytest.raises(LabelError):
        read_study(counts, reference)


def test_a_table_that_is_too_large_is_refused(study, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 20)
    with pytest.raises(LabelError, match="too large"):
        study(["a.jpg,9,9,5,1,2,"], ["a.jpg,4"])


def test_more_photographs_than_can_be_compared_are_refused(study, monkeypatch):
    monkeypatch.setattr(module, "MAX_PHOTOGRAPHS", 1)
    with pytest.raises(LabelError, match="too many photographs to compare: got 2 photographs"):
        study(["a.jpg,9,9,5,1,2,", "b.jpg,9,9,5,1,2,"], ["a.jpg,4", "b.jpg,4"])


def test_the_tables_are_named_with_what_was_in_them(six):
    assert (six.counts.name, six.reference.name) == ("counts.csv", "ours.csv")
    assert len(six.counts.sha256) == len(six.reference.sha256) == 64


def test_both_tables_may_be_called_the_same(tables, tmp_path):
    counts, reference = tables(["a.jpg,9,9,5,1,2,"], ["a.jpg,4"])
    (tmp_path / "mine").mkdir()
    study = read_study(counts, reference.rename(tmp_path / "mine/counts.csv"))
    assert study.counts.name == study.reference.name == "counts.csv"
