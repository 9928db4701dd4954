"""What goes in and out of the service, as types: its API.

Places are in pixels of the photograph, x to the right and y downwards; the centre of the first pixel is (0, 0), as in
``cells.csv``. Times are UTC.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from hemolens.cell_types import CellType, WhiteCellClass
from hemolens.measurements.quality import Verdict
from hemolens.measurements.scale import RANGE_PX, RANGE_UM_PER_PX
from hemolens.models.store import DEFAULT_CLASSIFIER
from hemolens.options import CountOptions
from hemolens.web.database.tables import NAME_LENGTH
from hemolens.web.passwords import MAX_LENGTH, MIN_LENGTH

Role = Literal["viewer", "reviewer", "admin"]
"""Who looks; who counts, corrects and signs, too; who also looks after accounts and deletes."""


def _shows(name: str) -> str:
    """Refuse a name that shows as another one, such as by letters that turn the direction of writing."""
    if any(unicodedata.category(c)[0] == "C" for c in name):
        raise ValueError("it has characters that do not show")
    return name


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_LENGTH), AfterValidator(_shows)
]
_NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no other text."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=_NO_NUL)]
Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
CorrectionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
CellId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f.]{1,48}$")]
Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e7)]
Point = tuple[Coordinate, Coordinate]
"""x, y"""

MAX_POINTS = 2000
"""Of an outline or a stroke that somebody draws."""
MAX_SELECTED = 50_000
"""Cells that one correction changes."""


class _Given(BaseModel):
    """What a client sends; nothing that is not known is taken."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _Told(BaseModel):
    """What the service answers."""


class Problem(_Told):
    """Why something was not done."""

    what: str
    """In one line, for people."""
    option: str | None = None
    """Which parameter is wrong."""
    conflict: bool = False
    """Whether somebody else has changed it meanwhile: read again."""


# --- who asks -------------------------------------------------------------------------------------------------------


class Person(_Told):
    """Who asks."""

    name: str
    role: Role


class Session(_Told):
    """What a page needs to know before anything else."""

    person: Person | None
    """None: log in first."""
    has_accounts: bool
    """False on the own machine: then whoever is there may do everything."""
    csrf: str
    """To be sent back as ``X-CSRF-Token`` with everything that changes something."""
    version: str
    note: str
    """For research use only."""
    max_upload_bytes: int
    suffixes: list[str]
    """Of the files that may be uploaded."""
    counters: list[str]
    exports: list[str]
    """Formats that can be written here."""


class Login(_Given):
    """A name and its password."""

    name: Name
    password: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]


# --- samples and photographs ----------------------------------------------------------------------------------------


class CountSettings(_Given):
    """How photographs are counted: the part of :class:`hemolens.CountOptions` that names no file."""

    counter: Annotated[str, StringConstraints(max_length=40)] = "auto"
    diameter_px: Annotated[float, Field(ge=RANGE_PX[0], le=RANGE_PX[1])] | None = None
    um_per_px: Annotated[float, Field(ge=RANGE_UM_PER_PX[0], le=RANGE_UM_PER_PX[1])] | None = None
    differential: bool = False
    """Whether the class of each white cell is proposed."""

    def options(self) -> CountOptions:
        """Give them as the program takes them."""
        classifier = DEFAULT_CLASSIFIER if self.differential else None
        return CountOptions(**self.model_dump(exclude={"differential"}), classifier=classifier)


class Recount(_Given):
    """How a photograph is counted again."""

    settings: CountSettings | None = None
    """Those of the sample, if not given. The new count is shown unless the one that is shown has been corrected."""


class Shown(_Given):
    """Which count of a photograph is shown."""

    count: Id


class NewSample(_Given):
    """A sample to make."""

    name: Name
    settings: CountSettings = CountSettings()


class SampleChange(_Given):
    """What of a sample is to change; what is not given stays."""

    name: Name | None = None
    settings: CountSettings | None = None
    """For photographs that are counted from now on."""


class IntervalTold(_Told):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class TypeNumbers(_Told):
    """What the cells of one type amount to, on a photograph or over the fields of a sample."""

    total: int
    """All cells."""
    in_frame: int | None
    """Those by the counting frame; None where the model counts cells without locating them."""
    expected: IntervalTold | None
    """Mean number per field of the smear, with its 95 % interval."""
    includes_model_error: bool
    corrected: IntervalTold | None
    """Number of cells on this photograph without the bias of the model, with its 95 % interval; None where the model's
    error was not measured, where a person vouches for the count, and for several photographs."""
    per_mm2: float | None
    per_1000_rbc: float | None
    unsure: int | None
    """Cells that a person should look at; None where scores are not calibrated."""


Numbers = dict[CellType, TypeNumbers]


class ClassTold(_Told):
    """The white cells of one class."""

    white_cell_class: WhiteCellClass
    n: int
    percent: IntervalTold | None
    """Of the leukocytes that have a class; None for classes that are no leukocytes, and without any."""


class StillNeeded(_Told):
    """How many leukocytes are missing to the number that laboratories count."""

    target: int
    n: int


class DifferentialTold(_Told):
    """White cells by class, on a photograph or over the fields of a sample."""

    classes: list[ClassTold]
    n_leukocytes: int
    """That have a class: the hundred per cent."""
    erythroblasts_per_100: float | None
    """For 100 leukocytes; None without any."""
    needed: list[StillNeeded]
    warning: str


class Job(_Told):
    """Work that waits, goes on or is over."""

    id: str
    kind: Literal["count", "results", "learning"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float
    """0 … 1"""
    error: str
    sample: str | None
    """None of learning, which is from several."""
    photograph: str | None
    created_at: datetime
    finished_at: datetime | None


class QualityTold(_Told):
    """Whether a photograph is fit to be counted, and why not."""

    verdict: Verdict
    reasons: list[str]


class Scale(_Told):
    """How wide a red cell is on a photograph, and how that is known."""

    red_cell_diameter_px: float
    confidence: float
    origin: str
    um_per_px: float | None
    um_is_assumed: bool
    warning: str


class Review(_Told):
    """What people have done to a count."""

    revision: int
    """How many corrections there are, those that undo and redo included."""
    n_added: int
    n_removed: int
    n_changed: int
    n_checked: int
    people: list[str]


class Count(_Told):
    """A count of a photograph, as corrected so far."""

    id: str
    settings: CountSettings
    created_at: datetime
    seconds: float
    numbers: Numbers
    differential: DifferentialTold | None = None
    """None where neither a classifier nor a person has named a class."""
    quality: QualityTold
    scale: Scale
    frame: list[list[list[Point]]]
    """The counting frame: polygons, of each its rings."""
    field_of_view: list[list[list[Point]]] | None
    """The part that shows the smear; None for all of it."""
    review: Review


class CountMade(_Told):
    """One of the counts of a photograph."""

    id: str
    settings: CountSettings
    created_at: datetime


class Photograph(_Told):
    """A photograph of a sample."""

    id: str
    sample: str
    name: str
    n_bytes: int
    created_by: str
    created_at: datetime
    width: int | None
    """None until it has been read."""
    height: int | None
    job: Job | None
    """The last job; None if there was none."""
    count: Count | None
    """None until it has been counted."""
    counts: list[CountMade]
    """All counts of it, the oldest first; one of them is shown."""


class SignOff(_Told):
    """A person stands, or stood, up for the counts of a sample."""

    signed_by: str
    signed_at: datetime
    comment: str
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    reason: str | None


class SampleSummary(_Told):
    """A sample in the list of samples."""

    id: str
    name: str
    created_by: str
    created_at: datetime
    n_photographs: int
    n_counted: int
    n_waiting: int
    n_failed: int
    signed_by: str | None
    """None where nobody signed, or it was withdrawn."""


class Sample(_Told):
    """A smear with its fields."""

    id: str
    name: str
    settings: CountSettings
    created_by: str
    created_at: datetime
    photographs: list[Photograph]
    numbers: Numbers | None
    """Over all fields that are not rejected; None while none is counted."""
    differential: DifferentialTold | None
    """Over the same fields; None where neither a classifier nor a person has named a class."""
    n_fields: int
    n_rejected: int
    sign_offs: list[SignOff]
    """All there ever were; the last counts unless it is withdrawn."""


class NewSignOff(_Given):
    """Who signs."""

    name: Name | None = None
    """Who signs, where there are no accounts; with accounts it is who is logged in."""
    comment: Text = ""


class Withdrawal(_Given):
    """Why a sign-off no longer holds."""

    name: Name | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2000, pattern=_NO_NUL)]


class ResultsWanted(_Given):
    """What is packed for taking away, besides tables, overlays and ``run.json``."""

    export: list[Annotated[str, StringConstraints(max_length=20)]] = Field(default=[], max_length=20)
    report: bool = True
    photographs: bool = False
    """The photographs, too, with COCO labels of the cells: a folder that ``evaluate`` and ``train`` read."""


# --- cells and corrections ------------------------------------------------------------------------------------------


class CellTold(_Told):
    """One cell, as it is now."""

    id: str
    type: CellType
    x: float
    y: float
    outline: list[float]
    """x, y, x, y … of its corners"""
    area_px: float
    diameter_px: float
    score: float
    white_cell_class: WhiteCellClass | None = None
    """Of a white cell; None where nobody has named it."""
    class_probability: float | None = None
    """0 … 1: how likely the likeliest class is; None where a person has named it, or nobody has."""
    touches_frame: bool
    in_frame: bool
    """Whether the counting frame holds it."""
    by: str
    """``model``, or the name of the person who made or last changed it."""
    checked: bool
    """Whether a person has looked at it."""
    unsure: bool
    """Whether a person should."""


class _Undoable(_Told):
    can_undo: bool
    """Whether there is something that the one who asks can take back."""
    can_redo: bool


class Cells(_Undoable):
    """The cells of a count."""

    count: str
    revision: int
    cells: list[CellTold]


class _Correction(_Given):
    id: CorrectionId
    """Made by the client: sent again, it is done once."""
    seen: Annotated[int, Field(ge=0)] | None = None
    """The revision that the person saw: what others have done since to the same cells is not overwritten."""


class Add(_Correction):
    """A cell that was missed; its outline is proposed from what the model saw around the point, unless it is given.

    The id of the new cell is the correction's, with ``.1`` behind it.
    """

    action: Literal["add"]
    type: CellType
    point: Point
    outline: list[Point] | None = Field(default=None, min_length=3, max_length=MAX_POINTS)


class Delete(_Correction):
    """What was counted is no cell."""

    action: Literal["delete"]
    cells: list[CellId] = Field(min_length=1, max_length=MAX_SELECTED)


class Retype(_Correction):
    """Cells are of another type."""

    action: Literal["retype"]
    cells: list[CellId] = Field(min_length=1, max_length=MAX_SELECTED)
    type: CellType


class Classify(_Correction):
    """White cells are of a class."""

    action: Literal["classify"]
    cells: list[CellId] = Field(min_length=1, max_length=MAX_SELECTED)
    white_cell_class: WhiteCellClass


class Confirm(_Correction):
    """They are right as they are."""

    action: Literal["confirm"]
    cells: list[CellId] = Field(min_length=1, max_length=MAX_SELECTED)


class Split(_Correction):
    """One cell is two or more: a stroke divides it."""

    action: Literal["split"]
    cell: CellId
    stroke: list[Point] = Field(min_length=2, max_length=MAX_POINTS)


class Merge(_Correction):
    """Several cells are one."""

    action: Literal["merge"]
    cells: list[CellId] = Field(min_length=2, max_length=100)


class Redraw(_Correction):
    """A cell has another outline."""

    action: Literal["redraw"]
    cell: CellId
    outline: list[Point] = Field(min_length=3, max_length=MAX_POINTS)


class Undo(_Correction):
    """Takes back the last correction of the one who asks."""

    action: Literal["undo"]


class Redo(_Correction):
    """Brings back what the one who asks has undone last."""

    action: Literal["redo"]


Edit = Add | Delete | Retype | Classify | Confirm | Split | Merge | Redraw
Correction = Annotated[Edit | Undo | Redo, Field(discriminator="action")]


class CellChange(_Told):
    """What became of one cell."""

    cell: str
    before: CellTold | None
    after: CellTold | None


class CorrectionTold(_Told):
    """One row of the trail."""

    seq: int
    id: str
    actor: str
    at: datetime
    action: str
    reverses: int | None
    changes: list[CellChange]


class Corrected(_Undoable):
    """What a correction did."""

    correction: CorrectionTold
    count: Count


class Trail(_Told):
    """Corrections of a count, the oldest first."""

    count: str
    corrections: list[CorrectionTold]


class ProposalWanted(_Given):
    """Where a cell is said to be."""

    type: CellType
    point: Point


class Proposal(_Told):
    """The outline that a cell may have."""

    outline: list[float]
    """x, y, x, y …"""


# --- models ---------------------------------------------------------------------------------------------------------


class LearningWanted(_Given):
    """What the model is called that learns from the corrections, and how long it may take."""

    name: Annotated[str, StringConstraints(max_length=64)]
    minutes: Annotated[float, Field(gt=0)] = 9


class Agreement(_Told):
    """How a model has counted the photographs that people corrected."""

    count: int
    f1: float
    """0 … 1: how many of its cells, and of theirs, are the same."""


class TypeLearned(_Told):
    """Cells of one type on all corrected photographs, before and after learning."""

    type: CellType
    labelled: int
    """Cells that people left standing or added."""
    before: Agreement
    after: Agreement
    """Of each photograph by a model that has not seen it."""


class Learned(_Told):
    """What came of learning."""

    model: str | None
    """Name of the new model; None where it is not better beyond the noise, and nothing was kept."""
    start: str
    """Name of the model that it began with."""
    n_photographs: int
    seconds: float
    notes: list[str]
    """What could not be learned, in sentences."""
    types: list[TypeLearned]


class Learning(_Told):
    """The last time that a model was to learn."""

    job: Job
    found: Learned | None
    """None until it is done."""


class FigureTold(_Told):
    """A figure on the card of a model."""

    metric: str
    photographs: str
    """On which it was measured."""
    value: float


class Model(_Told):
    """A model that may count."""

    name: str
    is_default: bool
    """Whether it counts from now on."""
    types: list[CellType]
    """Those that it counts; the others are counted by the model that comes with hemolens."""
    terms: str
    figures: list[FigureTold]


class Models(_Told):
    """What counts here, and what could be learned from corrections."""

    models: list[Model]
    """That which comes with hemolens, and those that were learned or imported, the oldest first."""
    n_corrected: int
    """Corrected photographs of signed samples, as many as are learned from."""
    fewest: int
    most: int
    missing_packages: list[str]
    """What learning needs and is not installed."""
    max_minutes: float
    learning: Learning | None


class DefaultModel(_Given):
    """The model that counts from now on."""

    name: Annotated[str, StringConstraints(max_length=100)]


# --- events ---------------------------------------------------------------------------------------------------------


class Event(_Told):
    """Something has changed: one message of the stream of events."""

    id: int
    kind: Literal["sample", "photograph", "job", "correction", "sign-off", "deleted", "default model"]
    sample: str | None
    photograph: str | None
    details: dict[str, float | int | str | None]
    """Of a job its ``state`` and ``progress``; of a correction its ``seq`` and ``actor``."""


# --- accounts -------------------------------------------------------------------------------------------------------

Password = Annotated[str, StringConstraints(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]


class Account(_Told):
    """A person who may use the service."""

    id: str
    name: str
    role: Role
    is_active: bool
    created_at: datetime


class NewAccount(_Given):
    """An account to make."""

    name: Name
    password: Password
    role: Role


class AccountChange(_Given):
    """What of an account is to change; what is not given stays."""

    role: Role | None = None
    is_active: bool | None = None
    password: Password | None = None


class PasswordChange(_Given):
    """One's own password, and a new one."""

    old: Annotated[str, StringConstraints(max_length=MAX_LENGTH)]
    new: Password


class NewToken(_Given):
    """What a token is for."""

    name: Name


class Token(_Told):
    """What a program shows in place of a password."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class TokenOnce(Token):
    """A token that was just made."""

    secret: str
    """Shown once; the service keeps only its hash."""
