"""Mask, edge and the ways to join them; holes; growing back from cores to whole cells."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from hemolens.cells.counters.source import (
    JOINS,
    CoreSettings,
    MapSource,
    SourceSettings,
    find_cores,
    grow_back,
    mask_minus_edge,
    read_source,
)
from hemolens.errors import UsageError
from hemolens.images.holes import fill_holes
from hemolens.probability_maps import ProbabilityMaps


def picture(text: str) -> np.ndarray:
    return np.array([[0 if c == "." else int(c) for c in row] for row in text.split()])


def maps_of(mask: str, edge: str | None = None, diameter_px: float = 10.0) -> ProbabilityMaps:
    edge_map = None if edge is None else picture(edge).astype(np.float32)
    return ProbabilityMaps("rbc", picture(mask).astype(np.float32), edge_map, diameter_px)


def test_mask_minus_edge_is_clipped_and_does_not_wrap_around() -> None:
    mask = np.array([[0, 255, 100, 0]], np.uint8) // 255
    edge = np.array([[255, 0, 255, 0]], np.uint8) // 255
    assert mask_minus_edge(mask, edge).tolist() == [[0, 1, 0, 0]]
    soft = mask_minus_edge(np.array([[0.2, 0.9]], np.float32), np.array([[0.9, 0.2]], np.float32), 2.0)
    np.testing.assert_allclose(soft, [[0, 0.5]], atol=1e-6)


MASK = np.array([[0.0, 0.5, 1.0, 0.9, 0.9, 0.9]], np.float32)
EDGE = np.array([[1.0, 0.5, 0.0, 0.2, 0.5, 0.9]], np.float32)


@pytest.mark.parametrize(
    ("source", "joined"),
    [
        ("mask-edge", [0, 0.0, 1, 0.7, 0.4, 0.0]),
        ("product", [0, 0.25, 1, 0.72, 0.45, 0.09]),
        ("minimum", [0, 0.5, 1, 0.8, 0.5, 0.1]),
    ],
)
def test_ways_to_join_mask_and_edge(source: MapSource, joined: list[float]) -> None:
    maps = ProbabilityMaps("rbc", MASK, EDGE, 10.0)
    np.testing.assert_allclose(read_source(maps, SourceSettings(source=source)), [joined], atol=1e-6)


@pytest.mark.parametrize(
    ("source", "joined"),
    [
        ("mask-edge", [0, 0, 1, 0.5, 0, 0]),
        ("product", [0, 0, 1, 0.54, 0, 0]),
        ("minimum", [0, 0, 1, 0.6, 0, 0]),
    ],
)
def test_the_edge_is_weighted_in_every_join_and_never_counts_below_zero(source: MapSource, joined: list[float]) -> None:
    maps = ProbabilityMaps("rbc", MASK, EDGE, 10.0)
    settings = SourceSettings(source=source, edge_weight=2)
    np.testing.assert_allclose(read_source(maps, settings), [joined], atol=1e-6)


def test_no_threshold_makes_one_join_of_another() -> None:
    """A higher or lower threshold keeps the order of the pixels, and each join orders these three differently."""
    mask, edge = np.array([[0.5, 0.9, 0.7]], np.float32), np.array([[0.0, 0.45, 0.24]], np.float32)
    order = {name: tuple(np.argsort(join(mask, edge, 1.0))[0].tolist()) for name, join in JOINS.items()}
    assert order == {"mask-edge": (1, 2, 0), "product": (1, 0, 2), "minimum": (0, 1, 2)}


def test_joins_of_mask_and_edge_split_cells() -> None:
    maps = maps_of(mask="11111 11111", edge="..1.. ..1..")
    for source in JOINS:
        core, _ = find_cores(maps, CoreSettings(source=source))
        np.testing.assert_array_equal(core, picture("11.11 11.11").astype(bool))


@pytest.mark.parametrize("source", ["edge", *JOINS])
def test_an_edge_that_is_not_there_is_a_usage_error(source: str) -> None:
    settings = SourceSettings.model_validate({"source": source})
    with pytest.raises(UsageError, match=r"no edge map of rbc.*mask only.*allowed: source 'mask'.*choose"):
        read_source(maps_of("11"), settings)


def test_small_holes_are_filled_and_bays_at_the_frame_are_not() -> None:
    before = picture("""
        11111...
        1...1.11
        1...1.1.
        11111.11
        ........
        ...11111
        ...1.111
        ...11111
    """)
    after = picture("""
        11111...
        1...1.11
        1...1.1.
        11111.11
        ........
        ...11111
        ...11111
        ...11111
    """)
    np.testing.assert_array_equal(fill_holes(before.astype(bool), 5), after.astype(bool))


def test_a_rim_that_hangs_together_by_corners_only_holds_no_hole() -> None:
    assert not fill_holes(picture(".1. 1.1 .1.").astype(bool), 9)[1, 1]


def test_cores_of_the_edge_are_the_enclosed_regions_without_the_background() -> None:
    maps = maps_of(
        mask="........ .111111. .111111. .111111. ........",
        edge="........ .111111. .1..1.1. .111111. ........",
    )
    core, _ = find_cores(maps, CoreSettings(source="edge", max_hole=0))
    np.testing.assert_array_equal(core, picture("........ ........ ..11.1.. ........ ........").astype(bool))


def test_cores_grow_over_the_body_and_meet_on_the_edge() -> None:
    maps = maps_of(
        mask=".......... .11111111. .11111111. ..........",
        edge=".......... ....11.... ....11.... ..........",
    )
    cores = picture(".......... .11....22. .......... ..........").astype(np.int32)
    body = maps.mask > 0.5
    grown = grow_back(cores, body, maps, CoreSettings())
    expected = ".......... .11112222. .11112222. .........."
    np.testing.assert_array_equal(grown, picture(expected))


def test_a_piece_of_body_without_a_core_is_a_cell_only_when_asked() -> None:
    maps = maps_of("11..11")
    cores = picture("1.....").astype(np.int32)
    body = maps.mask > 0.5
    assert grow_back(cores, body, maps, CoreSettings()).tolist() == [[1, 1, 0, 0, 0, 0]]
    assert grow_back(cores, body, maps, CoreSettings(keep_coreless=True)).tolist() == [[1, 1, 0, 0, 2, 2]]


@pytest.mark.parametrize(
    "values",
    [{"threshold": 1.5}, {"edge_weight": -1}, {"source": "colour"}, {"min_area": -0.1}, {"radius_px": 3}],
)
def test_settings_outside_their_range_or_unknown_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CoreSettings.model_validate(values)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CoreSettings().threshold = 0.1  # type: ignore[misc]
