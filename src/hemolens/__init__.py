"""hemolens counts red cells, white cells and platelets in photographs of stained blood smears.

>>> import hemolens
>>> from hemolens.synthetic import draw_smear
>>> smear = draw_smear(seed=1, height=300, width=400, n_rbc=6, n_wbc=1, n_plt=2)
>>> result = hemolens.count(smear.pixels)
>>> result.counts.wbc
1

Research use only: hemolens gives no diagnosis.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fsdecode
from typing import TYPE_CHECKING, Any

from hemolens.errors import HemolensError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from hemolens.images.image import SmearImage
    from hemolens.images.region import Region
    from hemolens.result import Result

__version__ = "0.1.0"
RESEARCH_USE_ONLY = "Research use only: hemolens gives no diagnosis."
__all__ = ["HemolensError", "Result", "__version__", "count"]


def count(
    path_or_array: str | PathLike[str] | NDArray[Any] | Image,
    *,
    model: str | PathLike[str] | Sequence[str | PathLike[str]] = (),
    counter: str = "auto",
    diameter_px: float | None = None,
    um_per_px: float | None = None,
    region: str | PathLike[str] | tuple[float, float, float, float] | Region | None = None,
    plane: int | None = None,
    classifier: str | PathLike[str] | None = None,
    red_cell_shapes: bool = False,
) -> Result:
    """Count the cells of one photograph or slide.

    Parameters
    ----------
    path_or_array : path, Pillow image, or ndarray of shape (H, W), (H, W, 3) or (H, W, 4)
        A JPEG, PNG, TIFF, BMP, WebP or HEIC file, a whole slide (with ``hemolens[slides]``), or the pixels themselves
        (RGB; uint8, uint16, bool, or floats in 0 … 1).
    model : str, path, or sequence of these, optional
        Names of shipped models or paths of others, for the cell types that they draw; the default model counts the
        other types.
    counter : str, optional
        ``"watershed"``, ``"connected-components"``, ``"circle-hough"``, ``"peaks"`` or ``"density-sum"`` for all three
        types, or ``"auto"``: for each type the one that measured best.
    diameter_px : float or None
        Diameter of a usual red cell in pixels, 10 to 500, in place of the estimate.
    um_per_px : float or None
        µm per pixel, 0.015 to 0.75, in place of the estimate; only one of the two.
    region : str, path, (x0, y0, x1, y1), Region or None
        Where cells are counted: ``"x0,y0,x1,y1"`` or four numbers in pixels, or the name of a GeoJSON file with a
        polygon.
    plane : int or None
        Which plane of a file's stack, 1 … N; not needed where there is one.
    classifier : str or path, optional
        Names the class of each white cell: ``"white-cells"``, or the path of another.
    red_cell_shapes : bool, default False
        Measure the shape of each whole red cell that touches no other.

    Returns
    -------
    Result
        ``.counts``, ``.frame``, ``.summary``, ``.cells``, ``.overlay()`` and ``.save(folder)``.

    Raises
    ------
    HemolensError
        If the photograph cannot be read, there is no such model or counter, the scale is out of range or given twice,
        or the region is malformed or outside.

    """
    from hemolens.images.photograph import photograph_from_memory
    from hemolens.images.slides import open_image
    from hemolens.options import CountOptions
    from hemolens.pipeline import count_image

    options = CountOptions(
        models=model,
        counter=counter,
        diameter_px=diameter_px,
        um_per_px=um_per_px,
        region=region,
        plane=plane,
        classifier=None if classifier is None else fsdecode(classifier),
        red_cell_shapes=red_cell_shapes,
    )
    image: SmearImage
    if isinstance(path_or_array, (str, PathLike)):
        image = open_image(fsdecode(path_or_array), options.plane)
    else:
        image = photograph_from_memory(path_or_array)
    return count_image(image, options)


def __getattr__(name: str) -> Any:
    if name == "Result":
        from hemolens.result import Result

        return Result
    raise AttributeError(f"module 'hemolens' has no attribute {name!r}")
