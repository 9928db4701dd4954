"""The words that labels have for the three cell types."""

from __future__ import annotations

from hemolens.cell_types import CellType
from hemolens.errors import LabelError, quoted

WORDS: dict[str, CellType] = {
    "rbc": "rbc", "wbc": "wbc", "plt": "plt", "platelet": "plt", "platelets": "plt",
}  # fmt: skip
"""In lower case."""


def cell_type_of(word: str, where: str) -> CellType:
    """Understand a label's word for a type; capitals do not matter, nor does a class that follows a colon.

    Parameters
    ----------
    word : str
    where : str
        Where it stands, for the message.

    Raises
    ------
    LabelError
        It is none of :data:`WORDS`.

    Examples
    --------
    >>> cell_type_of(" Platelets", "line 2"), cell_type_of("wbc: monocyte", "line 3")
    ('plt', 'wbc')

    """
    kind = WORDS.get(word.partition(":")[0].strip().lower())
    if kind is None:
        raise LabelError(
            f"unknown cell type in {where}", came=quoted(word), allowed=", ".join(WORDS), do="rename or remove it"
        )
    return kind
