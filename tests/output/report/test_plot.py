import pytest

from hemolens.output.report.plot import ticks


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-7, 3), (0, 12345), (23.5, 24.5)])
def test_there_are_some_ticks_but_not_many(low, high):
    values = ticks(low, high)
    assert 2 <= len(values) <= 7
    assert low <= min(values) < max(values) <= high
