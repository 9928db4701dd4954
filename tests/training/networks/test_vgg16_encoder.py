import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError  # noqa: E402
from hemolens.training.networks import NETWORKS, create_network  # noqa: E402
from hemolens.training.networks.vgg16_encoder import encoder_levels  # noqa: E402

pytestmark = pytest.mark.train

BEGUN = pytest.mark.parametrize(
    "name", [name for name, network in NETWORKS.items() if "encoder_file" in network.options]
)


@BEGUN
def test_imagenet_weights_need_the_papers_width(name):
    message = r"ImageNet weights do not fit an encoder of this width: got width 16; allowed: width 64; leave out width"
    with pytest.raises(TrainingError, match=message):
        create_network(name, width=16, encoder_weights="imagenet")


@BEGUN
def test_a_file_of_weights_that_is_not_used_is_refused(name, tmp_path):
    message = (
        r'encoder_file is given but not used: got encoder_weights "none"; allowed: "imagenet"; set encoder_weights'
    )
    with pytest.raises(TrainingError, match=message):
        create_network(name, width=2, encoder_file=tmp_path / "vgg16.pth")


@BEGUN
def test_a_file_of_weights_is_read(name, tmp_path):
    (tmp_path / "vgg16.pth").write_bytes(b"no weights")
    with pytest.raises(TrainingError, match=r"encoder weights cannot be read: got vgg16.pth"):
        create_network(name, encoder_weights="imagenet", encoder_file=tmp_path / "vgg16.pth")


def test_the_levels_keep_the_size():
    maps = torch.zeros(1, 3, 8, 8)
    widths = []
    for level in encoder_levels(2):
        maps = level(maps)
        widths.append(tuple(maps.shape[1:]))
    assert widths == [(2, 8, 8), (4, 8, 8), (8, 8, 8), (16, 8, 8), (16, 8, 8)]
