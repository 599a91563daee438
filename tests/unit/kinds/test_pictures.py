"""Pictures among the files of a script: drawn again, beside their tables, and never the script's own bytes."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pyarrow as pa
import pytest

from dalgubeol.errors import Tampered
from dalgubeol.kinds.checks import Against, check_files
from dalgubeol.kinds.pictures import MOST_PICTURES, drawn_again, is_ours, table_behind
from dalgubeol.kinds.release import _check_pictures
from dalgubeol.methods.disclosure.images import SIGNATURE, written
from dalgubeol.nouns.permit import Conditions

SOURCE = pa.table({"area": [f"a{i % 4}" for i in range(800)], "cost": [i * 37 % 9973 for i in range(800)]})
TABLE = b"area,n\na0,200\na1,210\n"
SECRET = b"hong gildong 900101"


def chart() -> bytes:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.bar(["a0", "a1"], [200, 210])
    sink = io.BytesIO()
    figure.savefig(sink, metadata={"Comment": SECRET.decode()})
    plt.close(figure)
    return sink.getvalue()


def codes(files: dict[str, bytes]) -> dict[str, bool]:
    return {
        str(each["code"]): bool(each["holds"])
        for each in check_files(files, Against.of(SOURCE, Conditions()))
    }


def test_a_chart_beside_its_table_passes_and_its_bytes_are_ours() -> None:
    theirs = chart()
    assert SECRET in theirs
    assert not is_ours(theirs)
    files = drawn_again({"chart.png": theirs, "chart.csv": TABLE})
    assert is_ours(files["chart.png"])
    assert SECRET not in files["chart.png"]
    assert files["chart.csv"] == TABLE
    assert codes(files) == {"unchecked": False}, "the reviewers are told to compare the two"


def test_a_picture_without_its_table_is_held() -> None:
    assert codes(drawn_again({"chart.png": chart(), "other.csv": TABLE}))["image_table"] is True


@pytest.mark.parametrize(
    ("picture", "table"),
    [("chart.png", "chart.csv"), ("chart-1.png", "chart.csv"), ("cell-3-1.png", "cell-3.csv"), ("chart_by_age.png", "chart.csv"),
     ("charts.png", None), ("cell-31.png", None), ("x.png", None)],
)  # fmt: skip
def test_the_table_behind_a_picture_is_found_by_its_name(picture: str, table: str | None) -> None:
    assert table_behind(picture, ["chart.csv", "cell-3.csv", "notes.txt", picture]) == table


def test_what_is_no_picture_is_held_and_kept_as_it_is() -> None:
    broken = SIGNATURE + zlib.compress(b"x")
    assert drawn_again({"chart.png": broken}) == {"chart.png": broken}
    assert codes({"chart.png": broken, "chart.csv": TABLE})["image"] is True


def test_more_pictures_than_are_drawn_again_are_held() -> None:
    plain = written(np.full((8, 8, 3), 255, dtype=np.uint8))
    files = {f"t-{at:02d}.png": plain for at in range(MOST_PICTURES + 1)} | {"t.csv": TABLE}
    held = [
        each for each in check_files(drawn_again(files), Against.of(SOURCE, Conditions())) if each["holds"]
    ]
    assert [(each["code"], each["file"]) for each in held] == [("too_many_pictures", MOST_PICTURES + 1)]


def test_a_release_lets_no_picture_out_that_is_not_ours() -> None:
    theirs = chart()
    _check_pictures(drawn_again({"chart.png": theirs}))
    with pytest.raises(Tampered):
        _check_pictures({"chart.png": theirs})
