from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.images.photograph import photograph_from_array  # noqa: E402
from hemolens.models.store import read_card  # noqa: E402
from hemolens.options import CountOptions  # noqa: E402
from hemolens.pipeline import count_image  # noqa: E402
from hemolens.training.config import read_config  # noqa: E402
from hemolens.training.counter_settings import choose_counter_settings  # noqa: E402
from hemolens.training.networks import create_network  # noqa: E402
from hemolens.training.onnx_export import write_model  # noqa: E402

pytestmark = pytest.mark.train


def test_a_density_is_summed_and_counted_with_at_once(tmp_path):
    config = read_config("feature-pyramid")
    path = write_model(create_network("feature-pyramid").eval(), config, tmp_path)
    card = choose_counter_settings(config, Path("no data are looked at"), path)
    assert {card.default_counter(kind) for kind in card.cell_types} == {"density-sum"}
    assert read_card(str(path)) == card
    photograph = photograph_from_array(np.full((90, 120, 3), 225, np.uint8))
    result = count_image(photograph, CountOptions(models=(str(path),), diameter_px=32))
    assert tuple(result.unlocated) == ("rbc", "wbc", "plt")
    assert result.counts.rbc > 0  # an untrained network sees cells everywhere
