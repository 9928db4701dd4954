"""What the documentation tells a user to type is typed here.

A command is a line of a ``console`` block that starts with ``$``. Those that begin with ``hemolens`` or ``python`` are
run, one block after the other, in a folder that has the photographs the documentation speaks of. A block
that ends in another exit status than 0 fails. Commands of other programs (pip, make, git) are not run here:
``tests/test_makefile.py`` looks at make.
"""

import json
import os
import pkgutil
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import tifffile
from PIL import Image

from hemolens.cli import app, main
from hemolens.models.store import DEFAULT_MODEL
from hemolens.output.run_record import RunRecord
from hemolens.synthetic import draw_smear

from .synthetic_all_idb1 import write_synthetic_all_idb1

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHIPPED = ROOT / "src" / "hemolens" / "models" / "shipped"
PHOTOGRAPHS = ("smear.jpg", "my photos/1.jpg", "my photos/2.jpg")
NOT_RUN = {
    "train": "takes hours, and photographs that cannot be redistributed",
    "adapt": "takes minutes: tests/cli/test_adapt.py",
    "serve": "goes on until somebody ends it: tests/web/test_serve.py",
    "accounts": "asks for a password: tests/cli/test_accounts.py",
}


def commands(page):
    """The commands of a page's console blocks; a line that ends in a backslash goes on in the next."""
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                yield shlex.split(line.removeprefix("$ "), comments=True)


def is_run(words):
    if words[0] == "hemolens":
        return "--help" in words or words[1:2] == [] or words[1] not in NOT_RUN
    return words[0] in {"python", "python3"} and words[1:3] != ["-m", "pip"]


def documented():
    return [(page, words) for page in PAGES if page.is_file() for words in commands(page)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documented")
    labels = ["image,type,x0,y0,x1,y1"]
    for n, name in enumerate(PHOTOGRAPHS):
        (folder / name).parent.mkdir(exist_ok=True)
        smear = draw_smear(seed=n, height=400, width=500, n_rbc=15, n_wbc=1, n_plt=2)
        Image.fromarray(smear.pixels).save(folder / name, quality=95)
        boxes = [(cell.type, cell.box.col0, cell.box.row0, cell.box.col1, cell.box.row1) for cell in smear.cells]
        if name.startswith("my photos/"):
            labels += [",".join(map(str, (Path(name).name, *box))) for box in boxes]
    (folder / "labels.csv").write_text("\n".join(labels), "utf-8")
    (folder / "our counts.csv").write_text("image,rbc,wbc,plt\n1.jpg,15,1,2\n2,15,1,\n", "utf-8")
    (folder / "our classes.csv").write_text("image,neutrophil,lymphocyte\n1.jpg,1,0\n2.jpg,0,1\n", "utf-8")
    fields = ["smear,plt_frame,plt_per_ul", "a,10,150000", "a,12,150000", "b,20,310000", "c,5,70000"]
    (folder / "calibration.csv").write_text("\n".join(fields), "utf-8")
    write_synthetic_all_idb1(folder / "all-idb1")
    tifffile.imwrite(folder / "slide.svs", smear.pixels, tile=(128, 128), photometric="rgb")
    for model in (folder / "runs" / "ours", folder / "my-lab"):
        model.mkdir(parents=True)
        shutil.copy((SHIPPED / DEFAULT_MODEL).with_suffix(".onnx"), model / f"{model.name}.onnx")
        card = (SHIPPED / DEFAULT_MODEL).with_suffix(".toml").read_text("utf-8")
        named = card.replace(f'name = "{DEFAULT_MODEL}"', f'name = "{model.name}"', 1)
        (model / f"{model.name}.toml").write_text(named, "utf-8")
    part = {"type": "Polygon", "coordinates": [[[0, 0], [300, 0], [300, 200], [0, 0]]]}
    (folder / "part.geojson").write_text(json.dumps(part), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("page", "words"),
    [pytest.param(page, words, id=shlex.join(words)) for page, words in documented() if is_run(words)],
)
def test_a_documented_command_works(page, words, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HEMOLENS_MODELS", str(folder / "models"))
    if words[0] == "hemolens":
        with pytest.raises(SystemExit) as left:
            main(words[1:])
        status, err = left.value.code or 0, capsys.readouterr().err
    else:
        program = [sys.executable, *words[1:]]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(program, env=environment, capture_output=True, encoding="utf-8", check=False)
        status, err = done.returncode, done.stderr
    assert status == 0, f"{page.name}: {shlex.join(words)}\n{err}"


def documented_configs():
    return re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs/how-to-train.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def read_documented(folder, part):
    """The one documented configuration that holds a certain text."""
    from hemolens.training.config import read_config

    (text,) = [text for text in documented_configs() if part in text]
    (folder / "ours.toml").write_text(text, "utf-8")
    return read_config(str(folder / "ours.toml"))


def test_the_documented_configuration_of_own_labels_can_be_trained(folder):
    torch = pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")
    from hemolens.training.networks import NETWORKS
    from hemolens.training.smear_bank import fill_bank
    from hemolens.training.sources import read_all_smears, share_out

    config = read_documented(folder, "Our laboratory")
    assert set(config.loss) == set(NETWORKS[config.network].outputs)
    config = config.model_copy(update={"drawn": None})
    smears = list(read_all_smears(config, folder))
    bank = fill_bank(smears, config.colours, config.red_cell_diameter_px, torch.device("cpu"))
    shares = share_out(config, bank, validation=False)
    assert [name for name, share in zip(bank.names, shares, strict=True) if share] == ["2.jpg"]


def test_the_documented_configuration_on_a_base_leaves_its_source_out(folder):
    assert "BCDD" not in {source.name for source in read_documented(folder, "without").labelled}


def test_every_setting_of_how_crops_are_changed_is_documented():
    from hemolens.training.config import SmearAugmentation

    (table,) = re.findall(
        r"^## How crops are changed\n(.*?)^## ",
        (ROOT / "docs/how-to-train.md").read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    rows = [row.split(" | ") for row in re.findall(r"^\| (`.*) \|$", table, re.MULTILINE)]
    written = {}
    for names, values, *_ in rows:
        each = re.findall(r"`(\w+)`", names)
        written |= dict(zip(each, json.loads(f"[{values}]"), strict=True))
    defaults = SmearAugmentation().model_dump(mode="json")
    assert written == defaults


def test_every_field_of_run_json_is_documented():
    page = (ROOT / "docs" / "how-to-read-the-results.md").read_text("utf-8")
    (table,) = re.findall(r"^\| field \| content \|\n(.*?)\n\n", page, re.MULTILINE | re.DOTALL)
    cells = [row.split(" | ")[0] for row in table.splitlines()[1:]]
    assert [name for cell in cells for name in re.findall(r"`(\w+)`", cell)] == list(RunRecord.model_fields)


def test_every_command_of_hemolens_is_documented():
    written = {words[1] for _, words in documented() if words[0] == "hemolens" and len(words) > 1}
    text = "\n".join(page.read_text("utf-8") for page in PAGES if page.is_file())
    names = {command.callback.__name__.replace("_", "-") for command in app.registered_commands}
    assert not {name for name in names if name not in written and f"hemolens {name}" not in text}


def test_a_failing_documented_command_would_be_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ hemolens count missing.jpg \\\n    --out out  # a comment\nimage  red cells\n```\n")
    ((words),) = commands(page)
    assert words == ["hemolens", "count", "missing.jpg", "--out", "out"]
    assert is_run(words)


DOCUMENTS = runpy.run_path(str(ROOT / "benchmarks" / "documents.py"))


def shown(page):
    """What tables a page shows: paths of recorded ones, names of those that follow from the code."""
    return [found["source"] for found in DOCUMENTS["SHOWN"].finditer(page.read_text("utf-8"))]


@pytest.mark.parametrize("page", [page for page in PAGES if shown(page)], ids=lambda page: page.name)
def test_a_page_shows_what_is_recorded_or_follows_from_the_code(page):
    text = page.read_text("utf-8")
    assert text == DOCUMENTS["show"](text), "python benchmarks/documents.py puts it in"


def test_every_table_that_follows_from_the_code_is_shown():
    sources = {source for page in PAGES for source in shown(page)}
    assert {f"generated: {name}" for name in DOCUMENTS["GENERATED"]} <= sources


def test_what_a_stranger_gets_comes_first():
    unseen, rest = "benchmarks/unseen-laboratories.md", ["benchmarks/default-model.md", "benchmarks/stains.md"]
    assert shown(ROOT / "README.md") == ["benchmarks/unseen-summary.md"]
    assert shown(ROOT / "docs" / "how-right-it-is.md") == [unseen, *rest]


def test_the_tables_of_the_default_model_are_those_of_its_records():
    tables = runpy.run_path(str(ROOT / "benchmarks" / "default_model_tables.py"))
    recorded = json.loads((ROOT / "benchmarks" / "default-model.json").read_text("utf-8"))
    records, photographs = recorded["records"], recorded["photographs"]
    made = {
        "unseen-summary.md": tables["unseen_summary"](records, photographs),
        "unseen-laboratories.md": tables["unseen_table"](records),
        "default-model.md": tables["model_table"](records),
    }
    assert made == {name: (ROOT / "benchmarks" / name).read_text("utf-8") for name in made}


def test_what_counting_is_said_to_cost_was_measured():
    photograph = json.loads((ROOT / "benchmarks" / "speed.json").read_text("utf-8"))["records"][1]
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert f"took {photograph['wall_s']:.1f} seconds and {photograph['peak_mb']} MB on two cores" in readme
    slides = json.loads((ROOT / "benchmarks" / "slide.json").read_text("utf-8"))["records"]
    rows = [f"| {each['megapixels']} | {each['wall_s']:.0f} | {each['peak_mb']} |" for each in slides]
    page = (ROOT / "docs" / "how-to-count-slides.md").read_text("utf-8")
    assert [row for row in rows if row not in page] == []


def test_the_readme_names_the_test_command_and_what_it_runs():
    readme = (ROOT / "README.md").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    checks = re.findall(r"^\t\S+/python -m (.+)$", makefile, re.MULTILINE)
    extras = re.findall(r'-e "(\.\[.+\])"', makefile)[-1]
    checks += re.findall(r"^\t.*&& (npm test)$", makefile, re.MULTILINE)
    assert len(checks) == 5
    assert [
        text for text in ("$ make test\n", f'-e "{extras}"', *(f"`{each}`" for each in checks)) if text not in readme
    ] == []


def test_the_page_on_the_paper_shows_what_its_networks_reach():
    recorded = (ROOT / "benchmarks" / "all-idb1.md").read_text("utf-8")
    assert recorded in (ROOT / "docs" / "how-to-reproduce-the-paper.md").read_text("utf-8")


WRITTEN = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "benchmarks").rglob("*.md"))]
KEPT_IN_ANCHORS = {"Ll", "Lo", "Nd"}


def anchors(page):
    """What a link into a page can name: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    kept = (
        "".join(c for c in text.lower() if c in "-_ " or unicodedata.category(c)[:2] in KEPT_IN_ANCHORS)
        for text in headings
    )
    return {text.replace(" ", "-") for text in kept}


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text("utf-8"))
    for target in targets:
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        assert leads_to.exists(), target
        assert not anchor or anchor in anchors(leads_to), target


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_in_the_source_exists(page):
    paths = re.findall(r"`((?:src|tests|benchmarks|docs)/[a-z0-9_./-]+)`", page.read_text("utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_name_of_the_package_exists(page):
    text = page.read_text("utf-8")
    names = re.findall(r"(?<![\w./])hemolens(?:\.[A-Za-z_]\w*)+(?![\w\]-])", text)
    imported = re.findall(r"^from (hemolens[\w.]*) import (.+)$", text, re.MULTILINE)
    names += [f"{module}.{name}" for module, listed in imported for name in re.findall(r"\w+", listed)]
    for name in names:
        pkgutil.resolve_name(name)
