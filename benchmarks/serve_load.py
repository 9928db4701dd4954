"""How quick a service stays under load: many uploads while photographs are counted, many cells, a large slide.

    python benchmarks/serve_load.py [--parts uploads files cells slide]

Starts `hemolens serve` on loopback in a temporary folder for each part, and asks it as its page does.

- uploads: 50 photographs of 1200 × 900 pixels, sent at once over 50 connections while two of 5 megapixels are counted
  (two workers). Meanwhile, and until all are counted, another process asks for what a page shows.
- files: 1,000 files of some 120 kB over 3 connections, as the page sends them (one worker).
- cells: corrections on a field of 5,000 cells.
- slide: tiles of a slide of 400 megapixels that has been read, of which nothing has been counted.

Whatever was sent must be there, byte for byte; else it ends with an error. Writes benchmarks/serve-load.json, each part
with the machine's load and the speed of its matrix product at that time; what was measured before for other parts
stays. Needs `hemolens[web,slides]`, and httpx2.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import hemolens
from hemolens.synthetic import draw_smear
from slide import CELLS as SLIDE_CELLS
from slide import DIAMETER_PX as SLIDE_DIAMETER_PX
from slide import PART_PX, write_slide
from speed import matrix_gflops

HERE = Path(__file__).parent
RECORD = HERE / "serve-load.json"
COMMAND = [sys.executable, "-c", "from hemolens.cli import main; main()", "serve", "--no-browser", "--port", "0"]
PAUSE_SECONDS = 0.02
"""Between two requests of the page that is measured."""
WAIT_SECONDS = 1800
N_UPLOADS, N_FILES, FILE_CONNECTIONS = 50, 1000, 3
N_CELLS, CELL_PX, FIELD_SIDE = 5000, 24.0, 2600
N_RETYPED = 1000
SLIDE_PARTS = 8
N_TILES = 20


def client_of(url: str) -> httpx2.Client:
    """A browser, with the token that it needs to change anything."""
    client = httpx2.Client(base_url=f"{url}/api", timeout=120)
    client.headers["X-CSRF-Token"] = client.get("/session").json()["csrf"]
    return client


@contextmanager
def service(folder: Path, *options: str) -> Iterator[str]:
    """A service while the block runs; gives its address."""
    process = subprocess.Popen(  # noqa: S603
        [*COMMAND, "--folder", str(folder), *options],
        env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        lines = iter(process.stdout or ())
        yield next(found[0] for line in lines if (found := re.search(r"http://[\d.:]+", line)))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def get(client: httpx2.Client, path: str) -> Any:
    """What an address gives, as JSON."""
    answer = client.get(path)
    answer.raise_for_status()
    return answer.json()


def until(what: Callable[[], Any]) -> Any:
    """Wait until something is there; gives it."""
    end = time.monotonic() + WAIT_SECONDS
    while not (value := what()):
        if time.monotonic() > end:
            raise SystemExit("the service does not get on")
        time.sleep(0.2)
    return value


def new_sample(client: httpx2.Client, **settings: Any) -> str:
    """Make a sample."""
    answer = client.post("/samples", json={"name": "load", "settings": settings})
    return str(answer.raise_for_status().json()["id"])


def send(client: httpx2.Client, sample: str, data: bytes, name: str = "field.jpg") -> str:
    """Send a photograph."""
    answer = client.post(f"/samples/{sample}/photographs", files={"photograph": (name, data)})
    return str(answer.raise_for_status().json()["id"])


def send_all(url: str, sample: str, files: Sequence[bytes], n_connections: int) -> float:
    """Send photographs over so many connections at once; the seconds that it took."""
    clients = [client_of(url) for _ in range(n_connections)]
    started = time.perf_counter()
    with ThreadPoolExecutor(n_connections) as pool:
        list(pool.map(lambda number: send(clients[number % n_connections], sample, files[number]), range(len(files))))
    seconds = time.perf_counter() - started
    for each in clients:
        each.close()
    return seconds


def shifted(picture: NDArray[np.uint8], n: int, suffix: str) -> list[bytes]:
    """Encode a picture n times, each time moved a little: other bytes that cost as much."""
    files = []
    for number in range(n):
        buffer = io.BytesIO()
        moved = np.roll(picture, (number % 37, number // 37), (0, 1))
        Image.fromarray(moved).save(buffer, suffix, quality=95)
        files.append(buffer.getvalue())
    return files


def check_kept(client: httpx2.Client, folder: Path, sample: str, files: Sequence[bytes]) -> None:
    """End with an error unless every photograph is in its sample, and in the storage byte for byte."""
    n_told = len(get(client, f"/samples/{sample}")["photographs"])
    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / "files").glob("??/*.jpg")}
    if n_told != len(files) or not {hashlib.sha256(data).hexdigest() for data in files} <= kept:
        raise SystemExit(f"lost: {len(files)} sent, {n_told} in the sample")


def states(client: httpx2.Client, sample: str) -> list[str]:
    """What has become of the photographs of a sample."""
    return [each["job"]["state"] for each in get(client, f"/samples/{sample}")["photographs"]]


def ask_as_a_page(url: str, paths: dict[str, str], is_over: Any, answers: Any) -> None:
    """Ask for what a page shows, one after the other, until it is over; puts (what, when, milliseconds)."""
    client, measured = client_of(url), []
    while not is_over.is_set():
        for what, path in paths.items():
            started = time.time()
            client.get(path).raise_for_status()
            measured.append((what, started, (time.time() - started) * 1000))
            time.sleep(PAUSE_SECONDS)
    answers.put(measured)


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and largest."""
    p50, p95 = np.percentile(milliseconds, (50, 95))
    return {"n": len(milliseconds), "p50": round(p50, 1), "p95": round(p95, 1), "max": round(max(milliseconds), 1)}


def by_kind(measured: Sequence[tuple[str, float, float]], since: float, before: float) -> dict[str, Any]:
    """The answers of a time, kind by kind and together."""
    then = [(what, ms) for what, at, ms in measured if since <= at < before]
    kinds = {
        what: spread([ms for each, ms in then if each == what]) for what in dict.fromkeys(what for what, _ in then)
    }
    return {**kinds, "all": spread([ms for _, ms in then])}


def measure_uploads(folder: Path) -> dict[str, Any]:
    """Send 50 photographs at once while two are counted, and ask as a page does meanwhile."""
    large = draw_smear(1, height=1944, width=2592, n_rbc=400, n_plt=20).pixels
    small = draw_smear(2, height=900, width=1200).pixels
    first, *files = shifted(small, N_UPLOADS + 1, "JPEG")
    context = get_context("spawn")
    with service(folder, "--workers", "2") as url:
        client = client_of(url)
        sample, shown = new_sample(client), new_sample(client)
        looked_at = send(client, shown, first)
        until(lambda: states(client, shown) == ["done"])
        paths = {
            "session": "/session", "samples": "/samples", "sample": f"/samples/{sample}",
            "photograph": f"/photographs/{looked_at}", "cells": f"/photographs/{looked_at}/cells",
            "tile": f"/photographs/{looked_at}/tiles/1/0/0.jpg",
            "part": f"/photographs/{looked_at}/part.jpg?x=600&y=450&width=100&side=96",
        }  # fmt: skip
        is_over, answers = context.Event(), context.Queue()
        page = context.Process(target=ask_as_a_page, args=(url, paths, is_over, answers))
        page.start()
        both = shifted(large, 2, "JPEG")
        for data in both:
            send(client, sample, data)
        until(lambda: states(client, sample) == ["running", "running"])
        began = time.time()
        seconds = send_all(url, sample, files, N_UPLOADS)
        ended = time.time()
        until(lambda: set(states(client, sample)) == {"done"})
        counted = time.time()
        is_over.set()
        measured = answers.get()
        page.join()
        check_kept(client, folder, sample, [*both, *files])
    return {
        "upload_s": round(seconds, 2), "all_counted_s": round(counted - began, 1), "n_lost": 0,
        "ms_while_uploading": by_kind(measured, began, ended), "ms_while_counting": by_kind(measured, ended, counted),
    }  # fmt: skip


def measure_files(folder: Path) -> dict[str, Any]:
    """Send a thousand small photographs over few connections."""
    files = shifted(draw_smear(2, height=600, width=800, n_rbc=30).pixels, N_FILES, "JPEG")
    with service(folder) as url:
        client = client_of(url)
        sample = new_sample(client)
        seconds = send_all(url, sample, files, FILE_CONNECTIONS)
        check_kept(client, folder, sample, files)
        listed = [timed(lambda: get(client, f"/samples/{sample}")) for _ in range(5)]
    mean_kb = sum(map(len, files)) / len(files) / 1000
    return {"upload_s": round(seconds, 1), "mean_kb": round(mean_kb), "n_lost": 0, "ms_sample": spread(listed)}


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds that something takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def measure_cells(folder: Path) -> dict[str, Any]:
    """Correct a field of 5,000 cells."""
    smear = draw_smear(
        1, height=FIELD_SIDE, width=FIELD_SIDE, n_rbc=N_CELLS, n_wbc=0, n_plt=0, red_cell_diameter_px=CELL_PX
    ).pixels
    with service(folder) as url:
        client = client_of(url)
        sample = new_sample(client, diameter_px=CELL_PX)
        path = f"/photographs/{send(client, sample, *shifted(smear, 1, 'JPEG'))}"
        until(lambda: states(client, sample) == ["done"])
        cells = get(client, f"{path}/cells")["cells"]
        ids = iter(cells)
        spent: dict[str, list[float]] = {}

        def correct(what: str, action: str, **wanted: Any) -> None:
            body = {"id": uuid4().hex, "action": action, **wanted}
            taken = timed(lambda: client.post(f"{path}/corrections", json=body).raise_for_status())
            spent.setdefault(what, []).append(taken)

        for _ in range(10):
            spent.setdefault("cells", []).append(timed(lambda: get(client, f"{path}/cells")))
            correct("delete", "delete", cells=[next(ids)["id"]])
            correct("undo", "undo")
            gone = next(ids)
            correct("delete", "delete", cells=[gone["id"]])
            outline = [*zip(gone["outline"][::2], gone["outline"][1::2], strict=True)]
            correct("add", "add", type=gone["type"], point=[gone["x"], gone["y"]], outline=outline)
            correct("retype", "retype", type="wbc", cells=[next(ids)["id"]])
            each = next(ids)
            x, y, across = each["x"], each["y"], each["diameter_px"]
            correct("split", "split", cell=each["id"], stroke=[[x - across, y], [x + across, y]])
        for _ in range(3):
            correct(f"retype {N_RETYPED}", "retype", type="wbc", cells=[each["id"] for each in cells[-N_RETYPED:]])
            correct(f"undo {N_RETYPED}", "undo")
        for since in range(10):
            spent.setdefault("corrections since", []).append(
                timed(lambda since=since: get(client, f"{path}/corrections?since={since}"))
            )
    return {"n_cells": len(cells), "ms": {what: spread(taken) for what, taken in spent.items()}}


def measure_slide(folder: Path) -> dict[str, Any]:
    """Look at a large slide that was read, and whose counting was cancelled."""
    part = draw_smear(
        1, height=PART_PX, width=PART_PX, red_cell_diameter_px=SLIDE_DIAMETER_PX, uneven_light=0.0, **SLIDE_CELLS
    ).pixels
    write_slide(folder / "slide.svs", part, SLIDE_PARTS)
    with service(folder / "service") as url:
        client = client_of(url)
        sample = new_sample(client, diameter_px=SLIDE_DIAMETER_PX)
        data = (folder / "slide.svs").read_bytes()
        uploaded = timed(lambda: send(client, sample, data, "slide.svs"))
        until(lambda: get(client, f"/samples/{sample}")["photographs"][0]["width"])
        (row,) = get(client, f"/samples/{sample}")["photographs"]
        client.post(f"/jobs/{row['job']['id']}/cancel").raise_for_status()
        until(lambda: "running" not in states(client, sample))

        def tile(level: int, col: int, number: int) -> float:
            path = f"/photographs/{row['id']}/tiles/{level}/{col}/{number}.jpg"
            return timed(lambda: client.get(path).raise_for_status())

        overview = {level: tile(level, 0, 0) for level in (0, 1, 2)}
        full = [tile(6, 4 + number % 5, 3 + number // 5) for number in range(N_TILES)]
    return {
        "megapixels": round((PART_PX * SLIDE_PARTS) ** 2 / 1e6), "file_mb": round(len(data) / 1e6),
        "upload_s": round(uploaded / 1000, 1), "ms_first_tiles": {str(key): round(ms) for key, ms in overview.items()},
        "ms_full_resolution": spread(full),
    }  # fmt: skip


PARTS = {"uploads": measure_uploads, "files": measure_files, "cells": measure_cells, "slide": measure_slide}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    for name in parser.parse_args().parts:
        with tempfile.TemporaryDirectory() as folder:
            machine = {"load_before": round(os.getloadavg()[0], 1), "matrix_gflop_per_s": round(matrix_gflops(), 1)}
            measured = PARTS[name](Path(folder))
        write_part(name, {**machine, "load_after": round(os.getloadavg()[0], 1), **measured})


def write_part(name: str, measured: dict[str, Any]) -> None:
    """Put what was measured into the record, beside the other parts."""
    parts = json.loads(RECORD.read_text("utf-8"))["parts"] if RECORD.exists() else {}
    parts[name] = measured
    result = {
        "machine": {
            "processor": f"{platform.machine()}, {os.cpu_count()} processors",
            "python": platform.python_version(),
            "hemolens": hemolens.__version__,
        },
        "parts": {name: parts[name] for name in PARTS if name in parts},
    }
    RECORD.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
