import json
import shutil
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hemolens.batch import photograph_task
from hemolens.batch.photographs import count_photographs, find_candidates
from hemolens.batch.shards import merge_shards
from hemolens.errors import UsageError
from hemolens.options import CountOptions
from hemolens.output.options import OutputOptions
from hemolens.output.shard import WHOLE, Shard, read_shard

OUTPUT = OutputOptions(export=("coco", "geojson", "yolo"))
GREYS = (3, 0, 7, 9, 5)


@pytest.fixture
def photographs(stub_pipeline, monkeypatch, write_photograph, tmp_path):
    """Five photographs, of which one fails; the stub's results are of the photographs given."""
    stub_pipeline[9] = ZeroDivisionError
    stub = photograph_task.count_image
    monkeypatch.setattr(
        photograph_task,
        "count_image",
        lambda photograph, options, *_: replace(stub(photograph, options), image=photograph),
    )
    for n, grey in enumerate(GREYS):
        write_photograph(f"photographs/{n}.png", grey)
    return tmp_path / "photographs"


def count(photographs, out, shard=WHOLE, options=None):
    candidates = find_candidates([photographs])
    count_photographs(candidates, out, options or CountOptions(), OUTPUT, shard=shard, overwrite=True)
    return out


def files(folder):
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    record = json.loads(found.pop("run.json"))
    return found | {"photographs": record["photographs"], "complete": record["complete"], "shard": record["shard"]}


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=st.integers(2, 6), data=st.data())
def test_shards_in_any_order_become_what_one_run_writes(photographs, tmp_path, of, data):
    whole = count(photographs, tmp_path / "whole")
    shards = [count(photographs, tmp_path / f"{n}", Shard(n, of)) for n in range(1, of + 1)]
    shutil.rmtree(tmp_path / "merged", ignore_errors=True)
    merge_shards(data.draw(st.permutations(shards)), tmp_path / "merged")
    assert files(tmp_path / "merged") == files(whole)


@pytest.fixture
def shards(photographs, tmp_path):
    return [count(photographs, tmp_path / f"{n}", Shard(n, 3)) for n in (1, 2, 3)]


def refused(shards, tmp_path, words):
    with pytest.raises(UsageError, match=words):
        merge_shards(shards, tmp_path / "merged")
    assert not (tmp_path / "merged").exists()


def test_a_gap_is_refused(shards, tmp_path):
    refused(shards[:2], tmp_path, "shards are missing: got no 3/3; allowed: all 3 shards; name them, too")


def test_an_overlap_is_refused(shards, tmp_path):
    refused([*shards, shards[1]], tmp_path, "a shard is there twice: got 2/3 in '.*2' and '.*2'")


def test_other_options_are_refused(shards, photographs, tmp_path):
    count(photographs, shards[1], Shard(2, 3), CountOptions(diameter_px=40))
    refused(shards, tmp_path, "counted in another way: got '.*2' with another value of options")


def test_shards_of_other_photographs_are_refused(shards, photographs, tmp_path):
    (photographs / "1.png").rename(photographs / "1b.png")
    count(photographs, shards[1], Shard(2, 3))
    refused(shards, tmp_path, "two shards are not of the same run")


def test_results_of_a_whole_run_are_no_shard(shards, photographs, tmp_path):
    refused([*shards, count(photographs, tmp_path / "whole")], tmp_path, "the folder holds no shard: got '.*whole'")


def test_a_shard_that_was_cut_short_is_refused(shards, photographs, tmp_path, stub_pipeline):
    stub_pipeline[5] = KeyboardInterrupt
    count(photographs, shards[1], Shard(2, 3))
    refused(shards, tmp_path, "a shard was cut short: got '.*2'")


def test_a_shard_without_one_of_its_files_is_refused(shards, tmp_path):
    (shards[0] / "overlay" / "0.png").unlink()
    refused(shards, tmp_path, "a shard is not whole: got '.*1' with 1 whole photographs")


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "1/0", "-1/3", "a/b", "1/3/5", ""])
def test_what_is_no_shard_is_refused_in_words(text):
    with pytest.raises(UsageError, match="there is no such shard"):
        read_shard(text)
