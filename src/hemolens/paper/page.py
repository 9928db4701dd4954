"""Records → one page, in Markdown and HTML: the paper's figures and ours side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean, stdev

from hemolens import RESEARCH_USE_ONLY
from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.models.card import ModelCard
from hemolens.output.report.html_page import markdown_table
from hemolens.paper.figures import released_value
from hemolens.paper.records import PaperRecord

NONE = "–"
"""Printed where there is no figure."""

NETWORKS = {
    "do-unet": "DO-U-Net", "unet": "U-Net", "segnet": "SegNet", "ensemble": "mean of both",
    "do-unet-a": "DO-U-Net, model A", "do-unet-b": "DO-U-Net, model B",
}  # fmt: skip
METRICS = {
    "accuracy": "accuracy", "mean_iou": "mean IoU", "dice": "Dice", "tversky": "Tversky",
    "plain_iou": "IoU at 0.5", "plain_dice": "Dice at 0.5",
}  # fmt: skip

INTRODUCTION = f"""# The paper's tables, reproduced

Gharbi, Neggazi, Touazi, Yagoubi and Gaceb, *Blood cells image segmentation and counting using deep transfer learning*,
beside what hemolens measures on the same photographs (ALL-IDB1). {RESEARCH_USE_ONLY}

Two protocols. **The paper's**: its photographs, those trained on included. **Honest**: only photographs of capture
sessions that the network has not seen: S01, S04, S05, S07 and S08, the same for every network; of the 13 photographs
with red-cell outlines five are among them. In brackets: 95 % bootstrap interval over photographs.
'{NONE}' where the paper gives no figure, or no model was trained.
"""

TABLE_I_NOTE = """The platelets' test tiles are those of 30 photographs; the paper prints 31. No tiling at SegNet's 128
pixels gives any of these numbers."""

TABLE_II_NOTE = """Model A is trained on mask and edge at once; model B first on masks alone (phase 1), then on mask and
edge with the mask output frozen (phase 2). The paper's 108 masks of phase 1 are not public (13 are): ours are
**stand-ins** made by a classical segmentation, so B is not the paper's B. Mean IoU is the mean over thresholds 0.50 to
0.95, as the authors define it. Our figures are of whole photographs, theirs of tiles."""

COUNTING_NOTE = """SegNet has one model for each cell type, measured under both protocols. Counting accuracy: mean over
photographs of 1 − |count − truth| / truth. Red cells are outlined on 13 photographs only. White cells: the authors'
manual counts. Platelets: components of the mask of at least 20 px; where a photograph has two of them, one missed is
50 %, so the mean absolute error says more."""


JOINS_NOTE = """Named in the paper as future work. Connected components of the red cells, honest protocol: the settings
chosen for the model, but for each way the threshold that suits it best on the photographs that settings are chosen
on. The other combination that the paper names, both networks together, is 'mean of both' in the tables of counts: the
mean of the two networks' maps, counted with the settings chosen for the U-Net."""


def markdown_page(records: Sequence[PaperRecord], cards: Iterable[ModelCard], seconds: float) -> str:
    """Write the page as Markdown.

    Parameters
    ----------
    records : sequence of PaperRecord
    cards : iterable of ModelCard
        Of the models that were measured.
    seconds : float
        How long measuring took.

    """
    parts = [
        INTRODUCTION,
        "## Table I: tiles",
        _tile_table(records),
        TABLE_I_NOTE,
        "## Table II: one phase of training or two",
        _phase_table(records),
        TABLE_II_NOTE,
        _phase_verdict(records),
        "## Segmentation",
        _segmentation_table(records),
        "## Counting",
        COUNTING_NOTE,
    ]
    for cell in CELL_TYPES:
        parts += [f"### {CELL_NAMES[cell].capitalize()}", _counting_table(records, cell), _detail_table(records, cell)]
    if joins := _join_table(records):
        parts += ["## Ways to join mask and edge", JOINS_NOTE, joins]
    parts += ["## Models", _model_table(cards), f"Measured in {seconds / 60:.0f} minutes."]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}".replace("%", " %")


def _with_interval(record: PaperRecord | None, *, percent: bool) -> str:
    if record is None:
        return NONE

    def show(value: float) -> str:
        return f"{100 * value:.1f}" if percent else f"{value:.3f}"

    text = show(record.value) + (" %" if percent else "")
    if record.low is None or record.high is None:
        return text
    return f"{text} [{show(record.low)}, {show(record.high)}]"


def _plain(record: PaperRecord | None, form: str) -> str:
    return NONE if record is None else format(record.value, form).replace("%", " %")


def _find(records: Iterable[PaperRecord], **wanted: object) -> PaperRecord | None:
    return next((each for each in records if all(getattr(each, name) == value for name, value in wanted.items())), None)


def _tile_table(records: Sequence[PaperRecord]) -> str:
    rows = []
    for tiles in (each for each in records if each.table == "I" and each.metric.endswith("tiles")):
        same = {"table": "I", "cell": tiles.cell, "metric": f"{tiles.images} images"}
        images = _find(records, **same)
        printed = [NONE if each is None or each.paper_value is None else f"{each.paper_value:.0f}"
                   for each in (images, tiles)]  # fmt: skip
        rows.append(
            [
                CELL_NAMES[tiles.cell],
                str(tiles.images),
                printed[0],
                str(tiles.n_images),
                printed[1],
                f"{tiles.value:.0f}",
            ]
        )
    header = ["", "part", "photographs, paper", "photographs, ours", "tiles, paper", "tiles, ours"]
    return markdown_table(header, rows)


def _phase_table(records: Sequence[PaperRecord]) -> str:
    own = [each for each in records if each.table == "II"]
    systems = sorted({(each.network or "", each.output or "", each.protocol or "", each.seed or 0) for each in own})
    rows = []
    for network, output, protocol, seed in sorted(systems, key=lambda key: (key[1] == "edge", key[2] == "honest", key)):
        some = [each for each in own if (each.network, each.output, each.protocol, each.seed or 0)
                == (network, output, protocol, seed)]  # fmt: skip
        cells = []
        for metric in METRICS:
            found = _find(some, metric=metric)
            paper = None if found is None else found.paper_value
            cells.append((f"{paper:.4f} · " if paper is not None else "") + _with_interval(found, percent=False))
        rows.append([NETWORKS[network], output, protocol, str(seed), str(some[0].n_images), *cells])
    header = [
        "model",
        "output",
        "protocol",
        "seed",
        "photographs",
        *(f"{name}: paper · ours" for name in METRICS.values()),
    ]
    return markdown_table(header, rows) if rows else "No model of two phases was trained."


def _phase_verdict(records: Sequence[PaperRecord]) -> str:
    """Whether the phase on masks alone helps the edge: means over the seeds and how far the seeds lie apart."""
    lines = []
    for model in ("do-unet-a", "do-unet-b"):
        values = [
            each.value
            for each in records
            if (each.table, each.network, each.output, each.protocol, each.metric)
            == ("II", model, "edge", "honest", "plain_dice")
        ]
        if len(values) > 1:
            spread = f"standard deviation {stdev(values):.3f} over {len(values)} seeds"
            lines.append(f"{NETWORKS[model]}: {mean(values):.3f} ({spread})")
    return f"Does phase 1 help the edge? Its Dice at 0.5, honest: {'; '.join(lines)}." if len(lines) == 2 else ""


def _join_table(records: Sequence[PaperRecord]) -> str:
    own = [each for each in records if each.table == "joins"]
    rows = []
    for network, join in dict.fromkeys((each.network, each.output) for each in own):
        some = {each.metric: each for each in own if (each.network, each.output) == (network, join)}
        rows.append(
            [
                NETWORKS[network or ""], join or "",
                _with_interval(some["counting accuracy"], percent=True), _plain(some["bias"], "+.1%"),
                _with_interval(some.get("F1"), percent=False),
            ]
        )  # fmt: skip
    return markdown_table(["network", "join", "counting accuracy", "bias", "F1"], rows) if rows else ""


def _segmentation_table(records: Sequence[PaperRecord]) -> str:
    own = [each for each in records if each.table == "segmentation"]
    keys = list(dict.fromkeys((each.cell, each.network, each.output) for each in own))
    rows = []
    for cell, network, output in keys:
        for metric, name in METRICS.items():
            found = {
                protocol: _find(own, cell=cell, network=network, output=output, metric=metric, protocol=protocol)
                for protocol in ("paper", "honest")
            }
            printed = next((each.paper_value for each in found.values() if each and each.paper_value is not None), None)
            rows.append(
                [
                    CELL_NAMES[cell], NETWORKS[network or ""], output or "", name,
                    NONE if printed is None else f"{printed:.4f}",
                    *(_with_interval(each, percent=False) for each in found.values()),
                ]
            )  # fmt: skip
    return markdown_table(["", "network", "output", "measure", "paper", "ours, paper's protocol", "ours, honest"], rows)


def _counting_table(records: Sequence[PaperRecord], cell: CellType) -> str:
    own = [each for each in records if (each.table, each.cell, each.metric) == ("counting", cell, "counting accuracy")]
    rows = []
    for network in dict.fromkeys(each.network for each in own):
        for counter in PAPER_COUNTERS:
            for images in ("13", "all"):
                found = {
                    protocol: _find(own, network=network, counter=counter, images=images, protocol=protocol)
                    for protocol in ("paper", "honest")
                }
                if not any(found.values()):
                    continue
                printed = next((each.paper_value for each in found.values() if each and each.paper_value), None)
                n_images = " / ".join(str(each.n_images) if each else NONE for each in found.values())
                released = None
                if network in {"do-unet", "unet"} and found["paper"]:
                    released = released_value(
                        table="counting", cell=cell, metric="counting accuracy", counter=counter,
                        images=11 if (cell, images) == ("plt", "13") else found["paper"].n_images,
                    )  # fmt: skip
                rows.append(
                    [
                        NETWORKS[network or ""], counter, images, n_images, _percent(printed), _percent(released),
                        *(_with_interval(each, percent=True) for each in found.values()),
                    ]
                )  # fmt: skip
    header = ["network", "counter", "images", "photographs", "paper", "authors' released weights",
              "ours, paper's protocol", "ours, honest"]  # fmt: skip
    return markdown_table(header, rows) if rows else "No model was trained."


def _detail_table(records: Sequence[PaperRecord], cell: CellType) -> str:
    """The other measures, under the honest protocol."""
    own = [each for each in records if (each.table, each.cell, each.protocol) == ("counting", cell, "honest")]
    images = "13" if cell == "rbc" else "all"
    rows = []
    for network, counter in dict.fromkeys((each.network, each.counter) for each in own):
        some = {each.metric: each for each in own if (each.network, each.counter, each.images)
                == (network, counter, images)}  # fmt: skip
        if some:
            rows.append(
                [
                    NETWORKS[network or ""], counter or "",
                    _plain(some.get("mean absolute error"), ".2f"), _plain(some.get("bias"), "+.1%"),
                    *(_with_interval(some.get(metric), percent=False) for metric in ("precision", "recall", "F1")),
                ]
            )  # fmt: skip
    header = ["network, honest", "counter", "mean absolute error", "bias", "precision", "recall", "F1"]
    return markdown_table(header, rows) if rows else ""


def _model_table(cards: Iterable[ModelCard]) -> str:
    rows = [
        [
            card.name,
            card.network,
            str(len(card.trained_on)),
            str(card.trained_steps),
            NONE if card.seed is None else str(card.seed),
            NONE if card.trained_cpu_seconds is None else f"{card.trained_cpu_seconds / 60:.0f}",
        ]
        for card in cards
    ]
    return markdown_table(["model", "network", "photographs trained on", "steps", "seed", "CPU-minutes"], rows)
