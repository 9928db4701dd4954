"""Shards of a run, counted each by itself, become the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from hemolens.batch.photographs import BatchOutcome, Outcome
from hemolens.errors import UsageError, quoted
from hemolens.options import CountOptions
from hemolens.output.kept_photographs import KeptPhotographs
from hemolens.output.options import OutputOptions
from hemolens.output.results_folder import free_folder, result_names
from hemolens.output.run_files import RunFiles
from hemolens.output.run_record import RunRecord, ShardRecord, differences

_DO = "count it again, with the options and photographs of the others"


def merge_shards(
    folders: Sequence[str | PathLike[str]],
    out: str | PathLike[str],
    command: Mapping[str, object] | None = None,
    *,
    overwrite: bool = False,
) -> BatchOutcome:
    """Write what a run of all photographs would have written.

    Parameters
    ----------
    folders : sequence of str or path
        The results of every shard of one run, in any order.
    out : str or path
        Folder for the results; if it holds some, they stay, and these go into a numbered one beside it.
    command : mapping, optional
        Name and options of the command, for ``run.json``.
    overwrite : bool, default False
        Replace the results of an earlier run in the folder instead.

    Returns
    -------
    BatchOutcome

    Raises
    ------
    UsageError
        A folder holds no shard, or one that was cut short; a shard is missing or there twice; they were counted in
        different ways or of different photographs, or not as hemolens counts here. Nothing is written then.
    OutputError
        The disk is full, or has gone.

    """
    shards = [KeptPhotographs(Path(folder)) for folder in folders]
    record = _record_of(shards)
    found = sorted(
        ((kept, shard) for shard in shards for kept in shard.photographs.values()), key=lambda each: each[0].place
    )
    entries = [kept.entry for kept, _ in found]
    options, output = CountOptions(**record.options), OutputOptions(**record.output)
    place = Path(out) if overwrite else free_folder(Path(out), result_names(entries, output))
    outcomes = []
    with RunFiles(place, entries, options, output, command, overwrite=overwrite) as files:
        _refuse_other_ways(record, files.record, "this installation", shards[0].folder)
        for kept, shard in found:
            photograph = shard.output(kept.entry, kept.place)
            files.append(photograph)
            outcomes.append(Outcome.of(photograph))
    return BatchOutcome(outcomes, place, files.unfinished, interrupted=False, summary=files.summary, output=output)


def _record_of(shards: Sequence[KeptPhotographs]) -> RunRecord:
    """Check that the folders hold all shards of one run, and give how it was counted."""
    known = [(shard, *_parts_of(shard)) for shard in shards]
    first, record, part = known[0]
    seen: dict[int, Path] = {}
    for shard, other, its_part in known:
        _refuse_other_ways(other, record, quoted(first.folder), shard.folder)
        if (its_part.of, its_part.list_sha256) != (part.of, part.list_sha256):
            came = f"{quoted(shard.folder)} and {quoted(first.folder)}"
            raise _refused("two shards are not of the same run", came, "shards of the same list of photographs", _DO)
        if its_part.number in seen:
            came = f"{its_part.number}/{its_part.of} in {quoted(seen[its_part.number])} and {quoted(shard.folder)}"
            raise _refused("a shard is there twice", came, "each shard once", "leave one out")
        seen[its_part.number] = shard.folder
    missing = [f"{number}/{part.of}" for number in range(1, part.of + 1) if number not in seen]
    if missing:
        raise _refused("shards are missing", f"no {', '.join(missing)}", f"all {part.of} shards", "name them, too")
    n_of_run = max((kept.place.of for shard in shards for kept in shard.photographs.values()), default=0)
    for shard, _, its_part in known:
        n_whole = sum(map(shard.is_whole, shard.photographs))
        if n_whole != len(range(its_part.number, n_of_run + 1, its_part.of)):
            came = f"{quoted(shard.folder)} with {n_whole} whole photographs"
            raise _refused("a shard is not whole", came, "every photograph with its files", _DO)
    return record


def _parts_of(shard: KeptPhotographs) -> tuple[RunRecord, ShardRecord]:
    """Give how a shard was counted, and which it is."""
    record = shard.record
    if record is None or record.shard is None:
        came = quoted(shard.folder)
        raise _refused("the folder holds no shard", came, "results of hemolens count --shard", "name another folder")
    if not record.complete:
        do = "go on with it: hemolens count --shard --resume"
        raise _refused("a shard was cut short", quoted(shard.folder), "shards that were counted to their end", do)
    return record, record.shard


def _refuse_other_ways(one: RunRecord, other: RunRecord, of_other: str, folder: Path) -> None:
    if different := differences(one, other):
        came = f"{quoted(folder)} with another value of {', '.join(different)} than {of_other}"
        raise _refused("a shard was counted in another way", came, "the same options, models and versions", _DO)


def _refused(what: str, came: str, allowed: str, do: str) -> UsageError:
    return UsageError(what, came=came, allowed=allowed, do=do)
