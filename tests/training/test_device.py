import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.errors import UsageError  # noqa: E402
from hemolens.training.device import best_device, choose_device  # noqa: E402

pytestmark = pytest.mark.train


def test_without_a_name_it_is_the_best_one():
    assert choose_device() == best_device()


def test_the_processor_is_always_there():
    assert choose_device("cpu") == torch.device("cpu")


def test_a_device_that_torch_does_not_find_names_those_it_does(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="torch cannot find this device: got 'cuda'; allowed: auto, cpu"):
        choose_device("cuda")
