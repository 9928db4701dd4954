import pickle
import urllib.error

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import TrainingError  # noqa: E402
from hemolens.training.networks import create_network  # noqa: E402
from hemolens.training.networks.segnet_vgg16 import SegNetBody  # noqa: E402
from hemolens.training.networks.vgg16_encoder import encoder_levels  # noqa: E402
from hemolens.training.networks.vgg16_weights import URL, load_imagenet_weights  # noqa: E402

pytestmark = pytest.mark.train

SHAPES = {  # of the convolutions in torchvision's vgg16 and vgg16_bn: number there, width in, width out
    "vgg16": [
        *[(0, 3, 64), (2, 64, 64)],
        *[(5, 64, 128), (7, 128, 128)],
        *[(10, 128, 256), (12, 256, 256), (14, 256, 256)],
        *[(17, 256, 512), (19, 512, 512), (21, 512, 512)],
        *[(24, 512, 512), (26, 512, 512), (28, 512, 512)],
    ],
    "vgg16_bn": [
        *[(0, 3, 64), (3, 64, 64)],
        *[(7, 64, 128), (10, 128, 128)],
        *[(14, 128, 256), (17, 256, 256), (20, 256, 256)],
        *[(24, 256, 512), (27, 512, 512), (30, 512, 512)],
        *[(34, 512, 512), (37, 512, 512), (40, 512, 512)],
    ],
}


def state(kind="vgg16"):
    """Real names and shapes; each weight is one number, repeated without taking memory."""
    entries = {"classifier.0.weight": torch.zeros(1).expand(4096, 25088)}
    for number, n_in, n_out in SHAPES[kind]:
        entries[f"features.{number}.weight"] = torch.tensor(1.0 + number).expand(n_out, n_in, 3, 3)
        entries[f"features.{number}.bias"] = torch.tensor(-1.0 - number).expand(n_out)
        if kind == "vgg16_bn":
            for i, name in enumerate(["weight", "bias", "running_mean", "running_var"]):
                entries[f"features.{number + 1}.{name}"] = torch.tensor(1000.0 * (i + 1) + number).expand(n_out)
    return entries


def write(folder, entries):
    torch.save(entries, folder / "weights.pth")
    return folder / "weights.pth"


def empty_encoder():
    """An encoder whose memory is only reserved, which takes no time, but for its batch norms."""
    with torch.device("meta"):
        body = SegNetBody(64, encoder_levels(64))
    for _, norm in blocks(body.to_empty(device="cpu").encoder):
        norm.reset_parameters()
    return body.encoder


def blocks(encoder):
    return [(block[0], block[1]) for level in encoder for block in level]


def first_numbers(encoder):
    """The first number of each convolution's weight and bias; all are alike."""
    assert all((layer.weight == layer.weight[0, 0, 0, 0]).all() for layer, _ in blocks(encoder))
    return [(layer.weight[0, 0, 0, 0].item(), layer.bias[0].item()) for layer, _ in blocks(encoder)]


@pytest.mark.parametrize("kind", ["vgg16", "vgg16_bn"])
def test_each_convolution_gets_its_own_weights(kind, tmp_path):
    encoder = empty_encoder()
    load_imagenet_weights(encoder, write(tmp_path, state(kind)))
    assert first_numbers(encoder) == [(1 + number, -1 - number) for number, _, _ in SHAPES[kind]]


def test_each_batch_norm_gets_its_own_weights_and_statistics(tmp_path):
    encoder = empty_encoder()
    load_imagenet_weights(encoder, write(tmp_path, state("vgg16_bn")))
    numbers = [number for number, _, _ in SHAPES["vgg16_bn"]]
    for i, name in enumerate(["weight", "bias", "running_mean", "running_var"]):
        assert [getattr(norm, name)[0].item() for _, norm in blocks(encoder)] == [1000 * (i + 1) + n for n in numbers]


def test_without_batch_norm_in_the_file_it_starts_afresh(tmp_path):
    encoder = empty_encoder()
    load_imagenet_weights(encoder, write(tmp_path, state()))
    assert all((norm.weight == 1).all() and (norm.bias == 0).all() for _, norm in blocks(encoder))


def test_a_segnet_takes_the_file_as_an_option(tmp_path):
    file = write(tmp_path, state())
    network = create_network("segnet", encoder_weights="imagenet", encoder_file=file)
    assert first_numbers(network.body.encoder)[-1] == (29, -29)


def test_without_a_file_the_official_one_is_downloaded(monkeypatch):
    asked = []
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda url, **how: asked.append((url, how)) or state())
    encoder = empty_encoder()
    load_imagenet_weights(encoder, None)
    assert first_numbers(encoder)[1] == (3, -3)
    ((url, how),) = asked
    assert url == URL == "https://download.pytorch.org/models/vgg16-397923af.pth"
    assert how["weights_only"]
    assert how["check_hash"]


@pytest.mark.parametrize(
    "failure", [urllib.error.URLError("no route"), RuntimeError("invalid hash value")], ids=["offline", "damaged"]
)
def test_no_connection_and_no_file_says_what_to_do(failure, monkeypatch):
    def fail(*_, **__):
        raise failure

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    message = (
        rf"encoder weights cannot be downloaded: got {type(failure).__name__}; "
        rf"allowed: a connection to {URL}, or a file; download it where there is a connection "
        r"and name it as encoder_file"
    )
    with pytest.raises(TrainingError, match=message):
        load_imagenet_weights(empty_encoder(), None)


def test_a_missing_weight_is_named(tmp_path):
    entries = state()
    del entries["features.10.bias"]
    message = (
        r"not a state of VGG16: got no features.10.bias; allowed: features.10.bias of shape \(256,\); give the file"
    )
    with pytest.raises(TrainingError, match=message):
        load_imagenet_weights(empty_encoder(), write(tmp_path, entries))


def test_a_weight_of_another_shape_is_named(tmp_path):
    entries = state() | {"features.28.weight": torch.zeros(512, 256, 1, 1)}
    message = (
        r"got features.28.weight of shape \(512, 256, 1, 1\); allowed: features.28.weight of shape \(512, 512, 3, 3\)"
    )
    with pytest.raises(TrainingError, match=message):
        load_imagenet_weights(empty_encoder(), write(tmp_path, entries))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"encoder weights cannot be read: got nonesuch.pth \(FileNotFoundError\)"):
        load_imagenet_weights(empty_encoder(), tmp_path / "nonesuch.pth")


class Code:
    def __reduce__(self):
        return (pytest.fail, ("code in the file was run",))


@pytest.mark.parametrize("content", [Code(), 3], ids=["code", "a number"])
def test_a_file_that_holds_something_else_is_refused(content, tmp_path):
    torch.save(content, tmp_path / "other.pth", pickle_module=pickle)
    with pytest.raises(TrainingError, match=r"encoder weights cannot be read: got other.pth"):
        load_imagenet_weights(empty_encoder(), tmp_path / "other.pth")
