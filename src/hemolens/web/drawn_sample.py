"""A sample of drawn smears, to try the service without photographs."""

from __future__ import annotations

from hemolens.output.overlay_png import png_bytes
from hemolens.synthetic import StainName, draw_smear
from hemolens.web.database.tables import PhotographRow, SampleRow
from hemolens.web.events import tell
from hemolens.web.queue import enqueue
from hemolens.web.schemas import CountSettings
from hemolens.web.service import Service

NAME = "Drawn smears"
STAINS: tuple[StainName, ...] = ("pink", "tan", "violet", "pale", "grey", "pink")
"""One for each field of the sample."""


def add_drawn_sample(service: Service, by: str) -> str:
    """Add a sample of drawn smears, and have them counted.

    Returns
    -------
    str
        Id of the sample.

    """
    files = []
    for seed, stain in enumerate(STAINS):
        data = png_bytes(draw_smear(seed, n_wbc=1 + seed % 3, n_plt=4 + seed, cut_by_frame=True, stain=stain).pixels)
        files.append((service.storage.keep(data, ".png"), len(data)))
    with service.database.writing() as session:
        sample = SampleRow(name=NAME, options=CountSettings().model_dump(), created_by=by)
        session.add(sample)
        for number, (file, n_bytes) in enumerate(files, start=1):
            row = PhotographRow(position=number, name=f"field {number}.png", file=file, n_bytes=n_bytes, created_by=by)
            sample.photographs.append(row)
            session.flush()
            enqueue(session, "count", sample.options, by, row)
        tell(session, "sample", sample.id)
        return sample.id
