"""The folder of a run: whether it holds results already, and what must not be replaced."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from hemolens.errors import UsageError, quoted
from hemolens.images.zarr_store import SUFFIX as ZARR_SUFFIX
from hemolens.options import CountOptions
from hemolens.output import cells_csv, counts_csv, differential_csv, red_cells_csv, summary_csv
from hemolens.output.entries import Entry
from hemolens.output.export import registry
from hemolens.output.options import OutputOptions
from hemolens.output.report import FILE_NAMES as REPORT_NAMES
from hemolens.output.run_record import NAME as RUN_NAME

TABLES = (counts_csv.NAME, cells_csv.NAME, summary_csv.NAME, RUN_NAME)
"""Files that every run writes into its folder."""


def result_names(entries: Sequence[Entry], output: OutputOptions, options: CountOptions | None = None) -> list[str]:
    """Name every file that a run may write, relative to its folder.

    Parameters
    ----------
    entries : sequence of Entry
        The photographs of the run.
    output : OutputOptions
    options : CountOptions, optional
        How they are counted: some tables are written on request only.

    Returns
    -------
    list of str

    Examples
    --------
    >>> result_names([Entry("a.jpg", "overlay/a.png", None)], OutputOptions(report=True))[3:]
    ['run.json', 'overlay/a.png', 'report.html', 'report.pdf']

    """
    exported = registry.file_names(output.export, entries)
    tables = [] if options is None else tables_on_request(options.model_dump(include={"classifier", "red_cell_shapes"}))
    return [
        *TABLES,
        *tables,
        *(entry.overlay for entry in entries),
        *exported,
        *(REPORT_NAMES if output.report else ()),
    ]


def tables_on_request(options: Mapping[str, object]) -> list[str]:
    """Name the tables that only some runs write, by the options of the run.

    >>> tables_on_request({"classifier": "white-cells"})
    ['differential.csv']
    """
    asked = {differential_csv.NAME: "classifier", red_cells_csv.NAME: "red_cell_shapes"}
    return [name for name, option in asked.items() if options.get(option)]


def free_folder(folder: Path, names: Sequence[str] = TABLES) -> Path:
    """Find a folder in which a run replaces nothing.

    Parameters
    ----------
    folder : Path
        The folder that is wanted.
    names : sequence of str
        Files that the run may write.

    Returns
    -------
    Path
        `folder`, or where one of the files is there already the first of ``folder-2``, ``folder-3``, … that does not
        exist.

    Examples
    --------
    >>> free_folder(Path("no-such-folder")).name
    'no-such-folder'

    """
    if not _holds_any(folder, names):
        return folder
    base = Path(os.path.abspath(folder)) if folder.name in {"", ".."} else folder  # noqa: PTH100 - keeps links
    if not base.name:
        return folder
    numbered = (base.with_name(f"{base.name}-{n}") for n in count(2))
    return next(each for each in numbered if not os.path.lexists(each))


def refuse_to_replace(
    folder: Path, names: Sequence[str], stale: Sequence[Path], entries: Sequence[Entry], *, overwrite: bool
) -> None:
    """Refuse a folder in which a run would destroy something.

    Parameters
    ----------
    folder : Path
    names : sequence of str
        Files that the run may write.
    stale : sequence of Path
        Files of an earlier run that go.
    entries : sequence of Entry
        The photographs of the run.
    overwrite : bool
        Results of an earlier run may be replaced.

    Raises
    ------
    UsageError
        Something that is no file or no folder is in the way, a photograph of the run would be replaced, or the folder
        holds results that may not be replaced.

    """
    _refuse_what_is_in_the_way(folder, names)
    _refuse_photographs([*(folder / name for name in names), *stale], entries)
    if not overwrite and _holds_any(folder, names):
        raise UsageError(
            "the output folder holds the results of an earlier run",
            came=quoted(folder),
            allowed="a folder without results",
            do="choose another folder, or set overwrite to replace them",
            option="overwrite",
        )


def _holds_any(folder: Path, names: Sequence[str]) -> bool:
    return any(os.path.lexists(folder / name) for name in (*TABLES, *names))


def _refuse_what_is_in_the_way(folder: Path, names: Sequence[str]) -> None:
    folders = list(dict.fromkeys(["overlay", *registry.folder_names(names)]))
    wrong = [folder / name for name in names if os.path.isdir(folder / name)]  # noqa: PTH112 - never raises
    wrong += [path for path in (folder / name for name in folders) if os.path.lexists(path) and not _is_own(path)]
    if wrong:
        files = [name for name in names if "/" not in name]
        outer = [name for name in folders if "/" not in name]
        raise UsageError(
            "an output path is taken by something else",
            came=quoted(wrong[0]),
            allowed=f"{', '.join(files)} as files, {', '.join(outer)} as folders that are no links",
            do="choose another folder, or move that away",
            option="out",
        )


def _is_own(path: Path) -> bool:
    """Whether a path is a folder rather than a link to one, whose files belong to somebody else."""
    return os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114 - never raise


def _refuse_photographs(targets: Sequence[Path], entries: Sequence[Entry]) -> None:
    photographs = {Path(os.path.realpath(entry.given)) for entry in entries if entry.given and "\0" not in entry.given}
    for target in targets:
        resolved = Path(os.path.realpath(target))
        stores = [path for path in resolved.parents if path.suffix.lower() == ZARR_SUFFIX]
        if not photographs.isdisjoint([resolved, *stores]):
            raise UsageError(
                "the run would overwrite one of its photographs",
                came=quoted(target),
                allowed="an output folder that contains none of the photographs",
                do="choose another folder",
                option="out",
            )
