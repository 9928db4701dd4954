"""The registry of networks: tiles → maps.

A member is a :class:`hemolens.training.networks.network.Network`. To add one, write its file and list it here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from hemolens.errors import TrainingError
from hemolens.training.networks.dcan import DCAN
from hemolens.training.networks.do_unet import DOUNet
from hemolens.training.networks.feature_pyramid import FeaturePyramid
from hemolens.training.networks.network import Network
from hemolens.training.networks.node_unet import NodeUNet
from hemolens.training.networks.one_pass import OnePass
from hemolens.training.networks.parallel_u_nets import ParallelUNets
from hemolens.training.networks.scale_invariant_do_unet import ScaleInvariantDOUNet
from hemolens.training.networks.segnet_vgg16 import DOSegNet, SegNet, SegNetAllTypes
from hemolens.training.networks.unet import UNet
from hemolens.training.networks.vgg16_encoder_decoder import VGG16EncoderDecoder

NETWORKS: dict[str, type[Network]] = {
    "dcan": DCAN,
    "do-segnet": DOSegNet,
    "do-unet": DOUNet,
    "feature-pyramid": FeaturePyramid,
    "node-unet": NodeUNet,
    "one-pass": OnePass,
    "parallel-u-nets": ParallelUNets,
    "scale-invariant-do-unet": ScaleInvariantDOUNet,
    "segnet": SegNet,
    "segnet-all-types": SegNetAllTypes,
    "unet": UNet,
    "vgg16-encoder-decoder": VGG16EncoderDecoder,
}


def create_network(
    name: str,
    *,
    width: int | None = None,
    encoder_weights: Literal["none", "imagenet"] = "none",
    encoder_file: Path | None = None,
) -> Network:
    """Build an untrained network by its name in the registry.

    Parameters
    ----------
    name : str
        A key of :data:`NETWORKS`.
    width, encoder_weights, encoder_file
        As in :class:`hemolens.training.networks.segnet_vgg16.SegNet`; left out, the network is the paper's, without
        trained weights.

    Raises
    ------
    TrainingError
        If no network has that name, or this one does not have a given option.

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
    network = NETWORKS[name]
    options = {"width": width, "encoder_weights": encoder_weights, "encoder_file": encoder_file}
    given = {option: value for option, value in options.items() if value not in (None, "none")}
    refused = [option for option in given if option not in network.options]
    if refused:
        raise TrainingError(
            f"network {name!r} does not have this option",
            came=", ".join(refused),
            allowed=", ".join(network.options) or "none",
            do="leave it out of the training configuration",
        )
    return network(**given)
