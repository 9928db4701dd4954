"""One trained configuration as data: which network, which photographs, how augmented, how long."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hemolens.cell_types import CellType
from hemolens.errors import TrainingError, quoted
from hemolens.measurements.colours import StandardColours

Range = Annotated[tuple[float, float], Field(description="lowest and highest value, drawn uniformly")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Photographs(_Frozen):
    """Names (without suffix) of photographs of ALL-IDB1: to fit, to choose settings on, and to be measured on."""

    train: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()
    test: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Photographs:
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            both = sorted(set(getattr(self, first)) & set(getattr(self, second)))
            if both:
                raise ValueError(f"in both {first} and {second}: {', '.join(both)}")
        return self


class LabelledSource(_Frozen):
    """A folder of labelled photographs, for networks that count every type.

    Its labels are what :func:`hemolens.labels.read_labels` reads, but counts alone. Of the photographs (sorted by name)
    every ``validation_every``-th is left out to choose settings on.
    """

    name: str
    what: str
    terms: str
    folder: str = "."
    """Relative to the data folder."""
    images: str = "images"
    """Folder of the photographs, relative to ``folder``."""
    labels: str
    """File or folder of the labels, relative to ``folder``."""
    types: tuple[CellType, ...] | None = Field(None, min_length=1)
    """The types that are labelled throughout, if not all those that the labels hold; the others are unknown."""
    usual_px: float = Field(gt=0)
    """Width of a red cell's box where a photograph has too few whole cells to measure it."""
    box_margin: float = Field(1.0, ge=1, lt=2)
    """Width of the boxes divided by that of the cells in them (``benchmarks/scale-accuracy.md``)."""
    share: float = Field(gt=0, le=1)
    """Share of the crops that are drawn from this source, relative to the other shares."""
    left_out: dict[str, str] = {}
    """Column and value in the table ``splits`` of the photographs that are never looked at."""
    splits: str = "splits.csv"
    """Table with a column ``image``, relative to ``folder``."""
    frame_unknown: float = Field(0.0, ge=0, lt=2)
    """Width of the band along the frame, in red-cell diameters, in which some red cells have no label."""
    unknown_platelets: str | None = None
    """Table of boxes (image, x0, y0, x1, y1) that may or may not hold a platelet, relative to ``folder``."""
    white_masks: str | None = None
    """Folder with masks of the white cells, relative to ``folder``."""
    validation_every: int | None = Field(8, gt=1)
    """None leaves none out."""


class DrawnSource(_Frozen):
    """Smears that the program draws (:mod:`hemolens.training.synthetic_smears`), for networks that count every type."""

    n_smears: int = Field(40, gt=0)
    share: float = Field(gt=0, le=1)
    """Share of the crops that are drawn from them, relative to the other shares."""


class Augmentation(_Frozen):
    """Strengths of the paper's eight augmentation steps (Section IV-D), and of what another microscope changes."""

    quality: Range = (0.5, 1.0)
    """Step 3: factor of the smaller size that the slice is reduced to and scaled back from."""
    zoom: Range = (0.8, 1.25)
    """Step 6: side of the slice as a multiple of the network's input, before it is resized to it."""
    keep_empty: float = Field(0.0, ge=0, le=1)
    """Step 5: share of slices without an object of interest that are kept instead of skipped."""
    hue: float = Field(0.05, ge=0, le=0.5)
    """Step 8: largest shift of the hue, as a fraction of the colour circle."""
    saturation: Range = (0.5, 1.5)
    value: Range = (0.6, 1.3)
    stain: Range = (1.0, 1.0)
    """How many times as much light the stain takes away: a stronger or a fainter one."""
    gain: float = Field(0.0, ge=0, le=0.5)
    """Largest change of a colour channel's brightness, as a fraction: lamp and white balance."""
    blur_px: float = Field(0.0, ge=0, le=5)
    """Largest sigma of a blur: focus. Half of the slices stay as they are."""
    noise: float = Field(0.0, ge=0, le=30)
    """Largest standard deviation of grain, in grey levels of 255."""
    jpeg_quality: int | None = Field(None, ge=5, le=100)
    """Lowest quality of a compression that half of the slices go through."""


class SmearAugmentation(_Frozen):
    """How crops of smears are drawn and changed where every type is trained (:mod:`~.crops`, :mod:`~.appearance`).

    Shares are of the crops, ranges are drawn from uniformly, those of stain on a logarithmic scale.
    """

    zoom: Range = (0.8, 1.25)
    """Pixels of the photograph that become one of the crop."""
    focused: float = Field(0.5, ge=0, le=1)
    """Share of crops around a white cell or a platelet, of photographs that have one."""
    piles: float = Field(0.5, ge=0, le=1)
    """Share of crops on which piles of red cells are laid."""
    white_groups: float = Field(0.2, ge=0, le=1)
    """Share of crops on which touching white cells are laid."""
    crenated: float = Field(0.25, ge=0, le=1)
    """Share of crops whose outlines are made jagged."""
    own_absorbance: float = Field(0.3, ge=0, le=1)
    """Share of crops whose red cells differ from each other."""
    dark_cells: float = Field(0.35, ge=0, le=1)
    """Share of crops whose white cells, or platelets, are stained otherwise relative to the red cells."""
    dark_cell_range: Range = (0.4, 1.7)
    specks: float = Field(0.08, ge=0, le=1)
    """Share of crops with dust, stain precipitate or parasites."""
    stain: Range = (0.75, 1.33)
    """Factor of the absorbance of each channel."""
    wide_share: float = Field(0.2, ge=0, le=1)
    wide_stain: Range = (0.45, 2.2)
    """Factor of the absorbance on a share of the crops."""
    cross_talk: float = Field(0.04, ge=0, le=0.5)
    """Standard deviation of how much of one channel's absorbance gets into another."""
    strong_cross_talk: float = Field(0.15, ge=0, le=0.5)
    """The same on three crops of twenty."""
    near_grey: float = Field(0.07, ge=0, le=1)
    """Share of crops that lose most of their colour."""
    gain: float = Field(0.08, ge=0, le=0.5)
    """Largest change of a channel's light, as a fraction."""
    fall_off: float = Field(0.15, ge=0, le=0.5)
    """Largest change of the light from the middle to a side, as a fraction, on a quarter of the crops."""
    blur_px: float = Field(1.5, ge=0.1, le=5)
    quality: Range = (0.55, 0.95)
    """Size that a crop is reduced to and enlarged from, as a fraction."""
    noise: float = Field(7.0, ge=0, le=30)
    """Largest standard deviation of grain, in grey levels of 255."""
    jpeg_quality: int = Field(35, ge=5, le=95)
    """Lowest quality of a compression that half of the crops go through."""


class PlaneWeights(_Frozen):
    """What the loss of a network of every type is multiplied by at some pixels."""

    touching: float = Field(12.0, ge=1, le=40)
    """Of the edge between cells that touch."""
    near_touching: float = Field(3.0, ge=1, le=40)
    """Of distance and centre near such an edge."""
    platelets: float = Field(5.0, ge=1, le=40)
    """Of platelets: they are two pixels in a thousand."""


class Loss(_Frozen):
    """Loss of one output: its kind and its weight in the sum over outputs."""

    kind: Literal["bce", "mse", "bce+l1"] = "bce"
    weight: float = Field(1.0, gt=0)
    foreground: float = Field(1.0, gt=0)
    """How often a pixel of a cell counts for each of the background, where cells are rare (class balancing, as in
    Badrinarayanan, Kendall, Cipolla, IEEE TPAMI, 2017)."""


class Phase(_Frozen):
    """A stretch of the training: what is trained on what, for how long, and how fast.

    The learning rate falls from ``learning_rate`` along half a cosine. ``frozen`` names parts of the network
    (as in ``mask`` or ``body.level1``) of which neither weights nor batch-norm statistics change.
    """

    steps: int = Field(gt=0)
    learning_rate: float = Field(1e-4, gt=0)
    frozen: tuple[str, ...] = ()
    labels: Literal["annotated", "stand-in"] = "annotated"
    """The annotators' labels, or masks that a classical segmentation makes without them."""
    train: tuple[str, ...] = ()
    """Photographs of this phase, if not those of the configuration."""
    piles: float = Field(0.0, ge=0, le=1)
    """Share of slices on which piles of red cells are laid (:mod:`hemolens.training.piles`); of one type."""


class TrainingConfig(_Frozen):
    """Everything that decides what :func:`hemolens.training.loop.train` does.

    ``cell_type`` is what the network counts; without it, the network counts every type, and ``labelled`` and ``drawn``
    may name further sources, or the only ones. ``outlined_share`` and ``other_share`` are then those of the photographs
    of ALL-IDB1 with red-cell outlines and without, relative to the other shares. Data folders: the ALL-IDB1 folder for
    one type; for all of them the folder that holds it as ``all-idb1`` beside the other sources, or a pack of them.
    ``width``, ``encoder_weights`` and ``encoder_file`` are options of the network, for those that have them;
    ``first_weights`` is a file of weights that the training begins with (:mod:`~.weights`).
    ``red_cell_diameter_px`` is the scale at which the network works: each photograph is resized so that its red
    cells have this diameter. ``colours``, for networks that count every type, are what those of each
    photograph are normalised to (:mod:`hemolens.measurements.colours`). ``touching_weight`` multiplies the loss on the
    border between touching cells (and in narrow gaps), which is what separates them. From step
    ``freeze_statistics_at`` on, batch norm uses statistics that are measured once over many batches: those of a small
    batch differ much from those of all photographs, and frozen ones let the network do in use what it did in training.
    At 0 they are those of ``first_weights``.
    """

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    cell_type: CellType | None = None
    network: str
    width: int | None = Field(None, gt=0)
    encoder_weights: Literal["none", "imagenet"] = "none"
    encoder_file: Path | None = None
    first_weights: Path | None = None
    red_cell_diameter_px: float = Field(gt=4)
    colours: StandardColours | None = None
    photographs: Photographs = Photographs()
    labelled: tuple[LabelledSource, ...] = ()
    drawn: DrawnSource | None = None
    outlined_share: float = Field(0.5, gt=0, le=1)
    other_share: float = Field(0.2, ge=0, le=1)
    seed: int = 1
    phases: tuple[Phase, ...] = Field(min_length=1)
    batch: int = Field(8, gt=0)
    input_px: int = Field(188, gt=0)
    touching_weight: float = Field(1.0, ge=1, le=20)
    freeze_statistics_at: int | None = Field(None, ge=0)
    augmentation: Augmentation = Augmentation()
    smears: SmearAugmentation = SmearAugmentation()
    planes: PlaneWeights = PlaneWeights()
    loss: dict[str, Loss]
    weight_decay: float = Field(1e-4, ge=0, le=1)
    average: float = Field(0.0, ge=0, lt=1)
    """Decay of the running mean of the weights, which is what is kept; 0 keeps the last ones."""

    @model_validator(mode="after")
    def _has_something_to_train_on(self) -> TrainingConfig:
        if self.cell_type is not None and (self.labelled or self.drawn):
            raise ValueError("labelled and drawn are for configurations without a cell_type")
        if not self.trained_on and not self.labelled and not self.drawn:
            raise ValueError("nothing to train on: no photographs.train, no labelled, no drawn")
        names = [each.name for each in self.labelled]
        if len(set(names)) < len(names):
            raise ValueError(f"two sources of one name: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
        if self.freeze_statistics_at == 0 and self.first_weights is None:
            raise ValueError("freeze_statistics_at = 0 keeps the statistics of first_weights, which are missing")
        return self

    @property
    def only_type(self) -> CellType:
        """The cell type of a network that counts one.

        Raises
        ------
        TrainingError
            If it counts all of them.

        """
        if self.cell_type is None:
            raise TrainingError(
                "a network of one cell type is needed here",
                came=f"configuration {self.name!r}, which counts every type",
                allowed="a configuration with a cell_type",
                do="name another configuration",
            )
        return self.cell_type

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Every photograph of ALL-IDB1 that a phase trains on, sorted."""
        return tuple(sorted({name for phase in self.phases for name in phase.train or self.photographs.train}))

    @property
    def steps(self) -> int:
        """Steps in all."""
        return sum(phase.steps for phase in self.phases)


def shipped_configs() -> list[str]:
    """Names of the configurations that come with hemolens.

    Examples
    --------
    >>> {'plt', 'rbc', 'wbc'} <= set(shipped_configs())
    True

    """
    folder = resources.files("hemolens.training") / "configs"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def read_config(name_or_path: str) -> TrainingConfig:
    """Read a shipped configuration by name, or one from a TOML file.

    One that names another as its ``base`` has all of that one's fields but those it gives itself; the sources that it
    names in ``without`` are taken out.

    Raises
    ------
    TrainingError
        If there is no such configuration, or the file is not valid TOML, or a value is not allowed, or bases go in a
        circle.

    """
    return _read(name_or_path, ())


def _read(name_or_path: str, above: tuple[str, ...]) -> TrainingConfig:
    """Read a configuration that those ``above`` are based on."""
    if name_or_path in above:
        raise TrainingError(
            "a training configuration is based on itself",
            came=quoted(name_or_path),
            allowed="a base that is complete without the configuration",
            do="correct base in the file",
        )
    if name_or_path in shipped_configs():
        text = (resources.files("hemolens.training") / "configs" / f"{name_or_path}.toml").read_text("utf-8")
    else:
        try:
            text = Path(name_or_path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise TrainingError(
                "no such training configuration",
                came=f"{name_or_path!r} ({type(error).__name__})",
                allowed=f"{', '.join(shipped_configs())} or the path of a TOML file",
                do="check the name or the path",
            ) from error
    try:
        return TrainingConfig.model_validate(_on_its_base(tomllib.loads(text), (*above, name_or_path)))
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
        raise TrainingError(
            f"training configuration {name_or_path!r} is not usable",
            came=_first_problem(error),
            allowed="the fields of hemolens.training.config.TrainingConfig",
            do="correct the file",
        ) from error


def _on_its_base(own: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
    """Complete a configuration by the one that it is based on."""
    if "base" not in own:
        return own
    base = _read(str(own["base"]), above)
    without, there = own.get("without", []), [each.name for each in base.labelled]
    if missing := [str(name) for name in without if name not in there]:
        raise TrainingError(
            "there is no source of the base to leave out",
            came=", ".join(missing),
            allowed=", ".join(there) or "none, as the base has no labelled sources",
            do="correct without in the file",
        )
    kept = [each.model_dump(exclude_unset=True) for each in base.labelled if each.name not in without]
    inherited = base.model_dump(exclude_unset=True) | {"labelled": kept}
    return inherited | {name: value for name, value in own.items() if name not in {"base", "without"}}


def _first_problem(error: Exception) -> str:
    if isinstance(error, ValidationError):
        problem = error.errors()[0]
        return f"{'.'.join(str(part) for part in problem['loc']) or 'the whole'}: {problem['msg']}"
    return str(error)
