"""Factors of one microscope: cells per field → cells per microlitre of blood.

How much blood one field shows depends on the objective, the camera and how thick the smear is. Conventions differ for
that reason (platelets per oil field × 15,000 or × 20,000, white cells × 2,000), and a photograph is no oil field. So
there is no factor unless the user sets one or measures it with ``hemolens calibrate``::

    [plt]
    factor = 15000.0
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from os import PathLike
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from hemolens.cell_types import CellType
from hemolens.errors import UsageError, quoted
from hemolens.files.text_file import read_option_file

LARGEST_FACTOR = 1e12
LARGEST_SPREAD = 100.0

_Positive = Annotated[float, Field(gt=0, le=LARGEST_FACTOR)]


class SiteFactor(BaseModel):
    """Cells per microlitre that one cell per field stands for.

    Attributes
    ----------
    factor : float
    low, high : float or None
        95 % interval of the factor; None for one that was set, not measured.
    spread : float or None
        Standard deviation of the logarithm of the factor between smears, beyond the sampling error of the fields.
    n_smears : int or None
        Smears it was measured on.
    field_area_px : float or None
        Counted area of the fields that it was measured on; fields of another size are converted.

    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    factor: _Positive
    low: _Positive | None = None
    high: _Positive | None = None
    spread: Annotated[float, Field(ge=0, le=LARGEST_SPREAD)] | None = None
    n_smears: Annotated[int, Field(ge=3)] | None = None
    field_area_px: _Positive | None = None

    @model_validator(mode="after")
    def _is_measured_or_set(self) -> Self:
        measured = (self.low, self.high, self.spread, self.n_smears)
        if any(value is None for value in measured) and any(value is not None for value in measured):
            raise ValueError("low, high, spread and n_smears are all there, or none of them")
        if self.low is not None and self.high is not None and not self.low <= self.factor <= self.high:
            raise ValueError("the factor lies between low and high")
        return self


Site = Mapping[CellType, SiteFactor]
"""Cell type → factor; a type without one has no estimate per microlitre."""

_SITE = TypeAdapter(dict[CellType, SiteFactor], config=ConfigDict(defer_build=True))


def read_site(path: str | PathLike[str]) -> Site:
    """Read the factors of a microscope.

    Parameters
    ----------
    path : str or path
        A TOML file with a table for each cell type, as ``hemolens calibrate`` writes it.

    Returns
    -------
    Site

    Raises
    ------
    UsageError
        The file cannot be read or is malformed, or has a factor for red cells that was not measured.

    """
    text = read_option_file(path, what="the factors of a site", option="site")
    try:
        site = _SITE.validate_python(tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
        raise UsageError(
            "the file of the site is malformed",
            came=quoted(f"{path}: {_reason(error)}"),
            allowed="tables [wbc] and [plt] with factor = cells per microlitre for one cell per field",
            do="correct it, or write it again with hemolens calibrate",
        ) from error
    if "rbc" in site and site["rbc"].n_smears is None:
        raise UsageError(
            "a factor for red cells that was not measured",
            came=f"[rbc] factor = {site['rbc'].factor:g} in {quoted(path)}",
            allowed="one from hemolens calibrate: there is no convention for red cells per microlitre from a smear",
            do="leave [rbc] out, or calibrate with your analyser's counts",
        )
    return site


def site_text(site: Site) -> str:
    """The factors as TOML."""
    import tomli_w

    return tomli_w.dumps({kind: factor.model_dump(exclude_none=True) for kind, factor in site.items()})


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error).splitlines()[0]
