import numpy as np
import pytest

from hemolens.errors import UsageError
from hemolens.evaluation.count_error import measure_count_error


def test_bias_is_that_of_the_sums():
    error = measure_count_error([10, 90], [10, 80], "drawn")
    assert (error.bias, error.n_photographs, error.photographs) == (-0.1, 2, "drawn")


def test_perfect_counts_have_no_error():
    error = measure_count_error([3, 50, 400], [3, 50, 400], "drawn")
    assert (error.bias, error.bias_error, error.spread, error.scatter) == (0, 0, 0, 0)


def test_photographs_that_come_out_high_or_low_are_spread():
    truths = [100, 200, 400] * 20
    counts = [round(truth * (1.1 if n % 2 else 0.9)) for n, truth in enumerate(truths)]
    error = measure_count_error(truths, counts, "drawn")
    assert error.spread == pytest.approx(0.1, rel=0.05)
    assert error.scatter == pytest.approx(0, abs=0.1)


def test_cells_that_are_missed_by_chance_are_scatter():
    rng = np.random.default_rng(0)
    truths = rng.integers(1, 200, 400)
    error = measure_count_error(truths.tolist(), rng.binomial(truths, 0.8).tolist(), "drawn")
    assert error.scatter == pytest.approx(0.16, rel=0.25)
    assert error.spread < 0.02
    assert error.bias == pytest.approx(-0.2, abs=3 * error.bias_error)


def test_a_photograph_without_cells_counts_its_false_finds():
    assert measure_count_error([0, 10], [2, 10], "drawn").bias == 0.2


@pytest.mark.parametrize(("truths", "counts"), [([], []), ([5], [5]), ([0, 0], [1, 1]), ([5, 5], [0, 0])])
def test_too_little_to_measure_is_refused(truths, counts):
    with pytest.raises(UsageError, match="no error of counts can be measured"):
        measure_count_error(truths, counts, "drawn")


def test_several_laboratories_count_alike_whatever_their_size():
    small, large = [100], [1000, 1000, 1000]
    error = measure_count_error(
        [*small, *large], [120, *large], "drawn", laboratories=["small", "large", "large", "large"]
    )
    assert error.bias == 0.1
    assert error.bias_error == 0.1


def test_a_laboratory_without_a_cell_says_nothing_of_the_bias():
    error = measure_count_error([0, 100, 100], [3, 110, 110], "drawn", laboratories=["a", "b", "b"])
    assert error.bias == 0.1
