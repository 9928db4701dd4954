"""What is decided about an image before anything on it is counted.

A plan goes through pickle, so that another process or machine can count a block of it: a slide opens again by its
path there, and models are loaded by their name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hemolens.images.box import Box
from hemolens.images.image import SmearImage
from hemolens.images.region import Region, limited
from hemolens.measurements.colours import MeasuredColours
from hemolens.measurements.field_of_view import FieldImage, FieldOfView, find_field_of_view
from hemolens.measurements.scale import RedCellDiameter, choose_scale
from hemolens.models.method import Methods
from hemolens.options import CountOptions
from hemolens.plan.blocks import Block, plan_blocks
from hemolens.plan.fields import choose_fields, measure_diameter, measure_field_colours, measure_field_levels
from hemolens.segmentation.classical_maps import Levels


@dataclass(frozen=True, eq=False)
class Plan:
    """How one image is counted.

    Attributes
    ----------
    image : SmearImage
    options : CountOptions
    methods : mapping
        Cell type → how it is counted.
    field_of_view : FieldOfView or None
        Which part of the image shows the smear; None for all of it.
    region : Region or None
        Where cells are counted: in the region that the user gave, in the field of view, or where both are.
    fields : tuple of Box
        Where scale, colours and quality are measured; without any, they are known already.
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
    field_of_view: FieldOfView | None
    region: Region | None
    fields: tuple[Box, ...]
    diameter: RedCellDiameter
    colours: MeasuredColours
    blocks: tuple[Block, ...]

    @cached_property
    def counted_image(self) -> SmearImage:
        """The image as models see it: what surrounds the field of view is painted as empty background."""
        field = self.field_of_view
        return self.image if field is None else FieldImage(self.image, field.region, self.diameter.px)

    @cached_property
    def levels(self) -> dict[str, Levels]:
        """Name of each model without a network → the levels that it measures on the image."""
        field = self.field_of_view
        fields = self.fields or choose_fields(self.image, self.region, () if field is None else field.inside)
        return {
            each.model: measure_field_levels(self.image, fields, self.diameter.px, each.card, self.colours)
            for each in {each.model: each for each in self.methods.values()}.values()
            if each.card.segmentation
        }


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
    field = find_field_of_view(image)
    region = options.region if field is None else limited(options.region, field.region)
    fields = choose_fields(image, region, () if field is None else field.inside)
    diameter = choose_scale(
        measure_diameter(image, fields),
        diameter_px=options.diameter_px,
        um_per_px=options.um_per_px,
        file_um_per_px=image.um_per_px,
    )
    blocks = plan_blocks(image.shape, diameter.px, region)
    colours = measure_field_colours(image, fields, diameter.px)
    return Plan(image, options, options.methods, field, region, tuple(fields), diameter, colours, tuple(blocks))
