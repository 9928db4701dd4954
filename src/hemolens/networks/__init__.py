"""The shelf of networks: tiles → maps.

A member is a :class:`torch.nn.Module` that takes (N, 3, H, W) float32 in [−1, 1] and gives (N, K, h, w)
logits, one channel for each name in its ``outputs``. To add one, write its file and list it here.
"""

from __future__ import annotations

from hemolens.errors import TrainingError
from hemolens.networks.do_unet import DOUNet
from hemolens.networks.unet import UNet

NETWORKS: dict[str, type[DOUNet] | type[UNet]] = {"do-unet": DOUNet, "unet": UNet}


def create_network(name: str) -> DOUNet | UNet:
    """Build an untrained network by its name on the shelf.

    Raises
    ------
    TrainingError
        If no network has that name.

    Examples
    --------
    >>> create_network("do-unet").outputs
    ('mask', 'edge')

    """
    if name not in NETWORKS:
        raise TrainingError(
            "unknown network",
            came=repr(name),
            allowed=", ".join(sorted(NETWORKS)),
            do="name one of these as 'network' in the training configuration",
        )
    return NETWORKS[name]()
