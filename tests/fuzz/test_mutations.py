"""Damage is different for each seed, the same for the same one, and gets past check sums."""

import io
import random
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from .mutations import STRUCTURED, TOKENS, archive, damage, mutate, png, text, tiff


def dice(seed):
    return random.Random(seed)  # noqa: S311 - damage, no secret


def encoded(file_format, **options):
    file = io.BytesIO()
    Image.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3)).save(file, file_format, **options)
    return file.getvalue()


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.roi", b"Iout" * 30)
        made.writestr("b.roi", b"Iout" * 30)
    return file.getvalue()


SOUND = {
    ".png": encoded("PNG"),
    ".jpg": encoded("JPEG"),
    ".webp": encoded("WEBP"),
    ".tif": encoded("TIFF"),
    ".zip": zipped(),
    ".json": b'{"a": [1, "b"]}',
}


@pytest.mark.parametrize("ending", SOUND)
def test_a_seed_always_does_the_same_damage_and_mostly_its_own(ending):
    made = [mutate(SOUND[ending], f"a{ending}", dice(seed)) for seed in range(50)]
    assert made == [mutate(SOUND[ending], f"a{ending}", dice(seed)) for seed in range(50)]
    assert len(set(made)) > 20
    assert STRUCTURED[ending]


def test_any_bytes_can_be_damaged():
    assert damage(b"", dice(0)) == b""
    assert len({damage(b"abc", dice(seed)) for seed in range(50)}) > 20


def test_the_check_sums_of_a_changed_png_are_right():
    changed = [made for seed in range(50) if (made := png(SOUND[".png"], dice(seed))) != SOUND[".png"]]
    assert len(changed) > 40
    for made in changed:
        at = 8
        while at < len(made):
            end = at + 8 + int.from_bytes(made[at : at + 4])
            assert int.from_bytes(made[end : end + 4]) == zlib.crc32(made[at + 4 : end])
            at = end + 4


def test_only_tags_of_a_tiff_change():
    sound = SOUND[".tif"]
    for seed in range(50):
        made = tiff(sound, dice(seed))
        assert len(made) == len(sound)
        assert made[:8] == sound[:8]


def test_the_check_sums_of_a_changed_archive_are_right():
    for seed in range(50):
        with zipfile.ZipFile(io.BytesIO(archive(zipped(), dice(seed)))) as made:
            assert made.testzip() is None


def test_words_of_a_text_give_way_to_extremes():
    made = [text(b'{"a": [1, "b"]}', dice(seed)) for seed in range(200)]
    assert sum(any(token and token in each for token in TOKENS if len(token) > 3) for each in made) > 50
