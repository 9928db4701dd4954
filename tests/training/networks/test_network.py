import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.training.networks.network import Network

pytestmark = pytest.mark.train


def geometry(*, margin_px, grid_px, extra_px):
    names = {"margin_px": margin_px, "grid_px": grid_px, "extra_px": extra_px}
    return type("Drawn", (Network,), names)


@pytest.mark.parametrize(
    ("network", "sides"),
    [
        (geometry(margin_px=44, grid_px=8, extra_px=4), [92, 100, 108]),
        (geometry(margin_px=0, grid_px=32, extra_px=0), [32, 64, 96]),
        (geometry(margin_px=1, grid_px=1, extra_px=0), [3, 4, 5]),
        (geometry(margin_px=2, grid_px=4, extra_px=0), [8, 12, 16]),
        (geometry(margin_px=92, grid_px=16, extra_px=4), [188]),
    ],
    ids=["U-Net", "SegNet", "one convolution", "margin as wide as half the grid", "scale-invariant DO-U-Net"],
)
def test_the_sides_that_fit(network, sides):
    fitting = [side for side in range(204) if network.fits(side)]
    assert fitting[0] == network.smallest_input_px()
    assert fitting[: len(sides)] == sides
