"""``hemolens serve``: count, look, correct and sign off in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hemolens import RESEARCH_USE_ONLY
from hemolens.extras import require_extra

Names = Annotated[
    list[str] | None,
    typer.Option(help="Name by which browsers reach the service; repeat it for several.", metavar="NAME"),
]


def serve(
    folder: Annotated[
        Path, typer.Option("--folder", help="Where photographs, counts and the database are kept.", metavar="DIR")
    ] = Path("hemolens-data"),
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs accounts.", metavar="ADDRESS")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.", metavar="N")] = 8000,
    name: Names = None,
    database: Annotated[
        str,
        typer.Option(
            help="SQLAlchemy URL, such as postgresql+pg8000://user@host/name; otherwise SQLite in the folder.",
            metavar="URL",
            envvar="HEMOLENS_DATABASE",
        ),
    ] = "",
    workers: Annotated[int, typer.Option(min=0, max=64, help="How many processes count.", metavar="N")] = 1,
    demo: Annotated[bool, typer.Option("--demo", help="Begin with a sample of drawn smears.")] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    max_upload_mb: Annotated[
        float, typer.Option(min=0.1, help="Largest photograph or slide that may be sent.", metavar="MB")
    ] = 2000,
    max_storage_gb: Annotated[
        float | None, typer.Option(min=0.01, help="Most that all photographs may take together.", metavar="GB")
    ] = None,
    retention_days: Annotated[
        float | None, typer.Option(min=0.01, help="Delete samples that nobody has touched for so long.", metavar="DAYS")
    ] = None,
) -> None:
    """Serve a page in which photographs are counted, looked at, corrected and signed off.

    On your own machine nothing more is needed. Example:

        hemolens serve --demo
    """
    require_extra("web")
    from hemolens.web.drawn_sample import add_drawn_sample
    from hemolens.web.serve import serve as serve_until_ended
    from hemolens.web.service import Service
    from hemolens.web.settings import ServeSettings

    settings = ServeSettings(
        folder=folder.absolute(),
        database=database,
        host=host,
        port=port,
        names=tuple(name or ()),
        n_workers=workers,
        max_upload_bytes=round(max_upload_mb * 1e6),
        max_storage_bytes=None if max_storage_gb is None else round(max_storage_gb * 1e9),
        retention_days=retention_days,
    )

    def when_ready(service: Service, url: str) -> None:
        if demo:
            add_drawn_sample(service, "hemolens")
        typer.echo(f"hemolens is at {url}  (Ctrl-C ends it; everything is kept in '{folder}')")
        typer.echo(RESEARCH_USE_ONLY)
        if browser:
            typer.launch(url)

    serve_until_ended(settings, when_ready)
