"""What is decided about an image before anything on it is counted.

A plan goes through pickle, so that another process or machine can count a block of it: a slide opens again by its
path there, and models are loaded by their name.
"""

from __future__ import annotations

from dataclasses import dataclass

from hemolens.images.box import Box
from hemolens.images.image import SmearImage
from hemolens.measurements.colours import MeasuredColours
from hemolens.measurements.scale import RedCellDiameter, choose_scale
from hemolens.models.method import Methods
from hemolens.options import CountOptions
from hemolens.plan.blocks import Block, plan_blocks
from hemolens.plan.fields import choose_fields, measure_diameter, measure_field_colours


@dataclass(frozen=True, eq=False)
class Plan:
    """How one image is counted.

    Attributes
    ----------
    image : SmearImage
    options : CountOptions
    methods : mapping
        Cell type → how it is counted.
    fields : tuple of Box
        Where scale, colours and quality are measured.
    diameter : RedCellDiameter
        The scale: how wide a red cell is.
    colours : MeasuredColours
        Background and red cells of the image.
    blocks : tuple of Block
        What is counted, part by part, in any order or place.

    """

    image: SmearImage
    options: CountOptions
    methods: Methods
    fields: tuple[Box, ...]
    diameter: RedCellDiameter
    colours: MeasuredColours
    blocks: tuple[Block, ...]


def make_plan(image: SmearImage, options: CountOptions) -> Plan:
    """Measure an image, and divide it into blocks.

    Parameters
    ----------
    image : SmearImage
    options : CountOptions

    Returns
    -------
    Plan

    Raises
    ------
    PhotographError
        The region holds no pixel of the image.

    """
    fields = choose_fields(image, options.region)
    diameter = choose_scale(
        measure_diameter(image, fields),
        diameter_px=options.diameter_px,
        um_per_px=options.um_per_px,
        file_um_per_px=image.um_per_px,
    )
    blocks = plan_blocks(image.shape, diameter.px, options.region)
    colours = measure_field_colours(image, fields, diameter.px)
    return Plan(image, options, options.methods, tuple(fields), diameter, colours, tuple(blocks))
