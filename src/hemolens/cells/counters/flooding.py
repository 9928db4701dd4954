"""Seeded watershed: every pixel goes to the seed that it reaches on the highest way.

The watershed cut as a spanning forest (Cousty, Bertrand, Najman & Couprie, IEEE TPAMI 31, 2009, 1362-1374), in whole
arrays: pixels climb to the tops of their hills; then hills without a seed join the neighbour to which the pass is
highest, all at once, until none is left that can (Borůvka, as told by Nešetřil, Milková & Nešetřilová, Discrete
Mathematics 233, 2001, 3-36).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.intp]
Flood = Callable[[NDArray[np.float32], NDArray[np.int32], NDArray[np.bool_]], NDArray[np.int32]]
"""A seeded watershed: heights, seeds and where water flows to numbers, as :func:`flood_from`."""


class Passes(NamedTuple):
    """Pairs of neighbouring pixels on two hills: these, and the height of the lower pixel."""

    first: Numbers
    second: Numbers
    level: NDArray[np.float32]


def flood_from(height: NDArray[np.float32], seeds: NDArray[np.int32], within: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Spread the numbers of seeds over a landscape, from high to low.

    Parameters
    ----------
    height : ndarray of float32, shape (H, W)
        Where it is level, which seed a pixel goes to depends on the order of the pixels.
    seeds : ndarray of int32, shape (H, W)
        0 is no seed; a seed may be many pixels, also apart from each other.
    within : ndarray of bool, shape (H, W)
        Where water flows, to the four sides of a pixel; seeds elsewhere count for nothing.

    Returns
    -------
    ndarray of int32, shape (H, W)
        0 outside, and where no seed can be reached.

    Examples
    --------
    >>> height = np.array([[3, 2, 1, 2, 1, 4]], np.float32)
    >>> seeds = np.array([[7, 0, 0, 0, 0, 9]], np.int32)
    >>> flood_from(height, seeds, height > 0).tolist()
    [[7, 7, 7, 7, 9, 9]]

    """
    flooded = np.zeros(height.shape, np.int32)
    here = np.flatnonzero(within)
    if here.size == 0:
        return flooded
    seed_of = seeds.ravel()[here]
    uphill = _steepest(height, within, here)
    is_seed = np.flatnonzero(seed_of)
    uphill[is_seed] = is_seed
    tops = np.flatnonzero(uphill == np.arange(uphill.size))
    hill_at = np.zeros(uphill.size, np.intp)
    hill_at[tops] = np.arange(tops.size)
    hill_of = hill_at[_ends(uphill)]
    number = seed_of[tops]
    if not number.all():
        hills = np.full(height.shape, -1, np.int32)
        hills.ravel()[here] = hill_of
        number = number[_joined(number > 0, passes_between(hills, height, nowhere=-1))]
    flooded.ravel()[here] = number[hill_of]
    return flooded


def flood_shared(
    flood: Flood, height: NDArray[np.float32], seeds: NDArray[np.int32], within: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Flood as ``flood`` does, but only the connected parts that several seeds share; most have one.

    >>> seeds = np.array([[7, 0, 0, 9, 8]], np.int32)
    >>> flood_shared(flood_from, np.ones((1, 5), np.float32), seeds, np.array([[1, 1, 0, 1, 1]], bool)).tolist()
    [[7, 7, 0, 9, 8]]
    """
    import cv2

    n_parts, found = cv2.connectedComponents(within.astype(np.uint8), connectivity=4)
    parts = np.asarray(found, np.int32)
    lowest = np.full(n_parts, np.iinfo(np.int32).max, np.int32)
    highest = np.zeros(n_parts, np.int32)
    at = seeds > 0
    np.minimum.at(lowest, parts[at], seeds[at])
    np.maximum.at(highest, parts[at], seeds[at])
    is_shared = lowest < highest
    flooded: NDArray[np.int32] = np.where(is_shared, 0, highest)[parts]
    if is_shared.any():
        flooded += flood(height, seeds, is_shared[parts])
    return flooded


def passes_between(hills: NDArray[np.integer], height: NDArray[np.float32], *, nowhere: int) -> Passes:
    """List the pairs of pixels, one beside or above the other, that lie on two hills; none that is ``nowhere``."""
    n_cols = hills.shape[1]
    hill_at, height_at = hills.ravel(), height.ravel()
    within = np.flatnonzero(hill_at != nowhere)
    found = []
    for step, n_with_neighbour in ((1, n_cols - 1), (n_cols, n_cols)):
        near = within[: np.searchsorted(within, hills.size - step)]
        one, other = hill_at[near + step], hill_at[near]
        here = near[(one != other) & (one != nowhere)]
        here = here[here % n_cols < n_with_neighbour]
        there = here + step
        found.append((hill_at[there], hill_at[here], np.minimum(height_at[here], height_at[there])))
    return Passes(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _steepest(height: NDArray[np.float32], within: NDArray[np.bool_], here: Numbers) -> Numbers:
    """Of each pixel inside, the highest of it and its four neighbours, as a place among those inside."""
    n_rows, n_cols = height.shape
    level = np.full((n_rows + 2, n_cols + 2), -np.inf, np.float32)
    np.copyto(level[1:-1, 1:-1], height, where=within)
    highest, way = level[:-2, 1:-1].copy(), np.zeros(height.shape, np.uint8)
    for n, there in enumerate((level[1:-1, :-2], level[1:-1, 1:-1], level[1:-1, 2:], level[2:, 1:-1]), start=1):
        beyond = there >= highest  # of equals the last, so that no two pixels lead to each other
        np.maximum(way, np.uint8(n) * beyond, out=way)
        np.maximum(highest, there, out=highest)
    number = np.empty(height.size, np.intp)
    number[here] = np.arange(here.size)
    uphill: Numbers = number[here + np.array([-n_cols, -1, 0, 1, n_cols])[way.ravel()[here]]]
    return uphill


def _ends(onward: Numbers) -> Numbers:
    """Where one arrives by going on from each place until a place leads to itself."""
    while True:
        further = onward[onward]
        if np.array_equal(further, onward):
            return onward
        onward = further


def _joined(has_seed: NDArray[np.bool_], passes: Passes) -> Numbers:
    """Of each hill, the one that it belongs to in the end: hills without a seed join over their highest pass."""
    order = np.argsort(-passes.level, kind="stable")
    first, second = passes.first[order], passes.second[order]
    everyone = np.arange(has_seed.size)
    owner = everyone
    while True:
        one, other = owner[first], owner[second]
        apart = one != other
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        best = np.full((2, everyone.size), one.size)  # the passes are in order: the first one of a hill is its best
        best[0, one[::-1]] = best[1, other[::-1]] = np.arange(one.size)[::-1]
        over = best.min(axis=0)
        joining = np.flatnonzero((over < one.size) & ~has_seed)
        if joining.size == 0:
            return owner
        over = over[joining]
        onward = everyone.copy()
        onward[joining] = np.where(one[over] == joining, other[over], one[over])
        mutual = joining[(onward[onward[joining]] == joining) & (joining < onward[joining])]
        onward[mutual] = mutual
        owner = _ends(onward)[owner]
