import json

import pytest

from hemolens.paper.cache import Cache


def test_a_line_that_was_cut_short_is_passed_over(tmp_path):
    cache = Cache(tmp_path / "cache.jsonl")
    cache.get(["a"], lambda: {"rbc": [1, 2]})
    with cache.path.open("a", encoding="utf-8") as file:
        file.write('{"key": "b", "fou')
    again = Cache(cache.path)
    assert again.get(["a"], lambda: pytest.fail("it is known")) == {"rbc": [1, 2]}
    assert again.get(["b"], lambda: {"rbc": [3, 4]}) == {"rbc": [3, 4]}


def test_each_line_of_the_cache_is_json(tmp_path):
    cache = Cache(tmp_path / "deep" / "cache.jsonl")
    cache.get(["a"], lambda: {"rbc": [1]})
    (line,) = cache.path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["found"] == {"rbc": [1]}
