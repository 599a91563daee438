"""A package that came in, laid out for a script: its files on a disk, nothing that would run by itself, never too much."""

from __future__ import annotations

import io
import zipfile

import pytest

from dalgubeol.methods.bringing import laid_out as module
from dalgubeol.methods.bringing.laid_out import laid_out

from ...verbs.bringing_files import MODULE, PACKAGE, REGIONS, wheel

NAME = "tinyrates-1.0-py3-none-any.whl"
CODE = {"tinyrates/__init__.py": b"RATE = 7\n", "tinyrates/rates.csv": b"1\n2\n"}


def test_a_wheel_becomes_a_folder_of_its_name_and_all_else_stays() -> None:
    found = laid_out({"codes.csv": REGIONS, "rates.py": MODULE, NAME: wheel(CODE)})
    assert found["codes.csv"] == REGIONS
    assert {name: content for name, content in found.items() if name.startswith(f"{NAME}/tinyrates/")} == {f"{NAME}/{each}": content for each, content in CODE.items()}  # fmt: skip
    assert f"{NAME}/tinyrates-1.0.dist-info/METADATA" in found
    assert NAME not in found


@pytest.mark.parametrize(
    "left_out",
    ["start.pth", "sitecustomize.py", "tinyrates/fast.so", "tinyrates/__pycache__/__init__.cpython-311.pyc", "tinyrates-1.0.data/scripts/run"],
)  # fmt: skip
def test_what_the_scan_holds_is_not_laid_out_either(left_out: str) -> None:
    found = laid_out({NAME: wheel({**CODE, left_out: b"x = 1\n"})})
    assert f"{NAME}/{left_out}" not in found
    assert f"{NAME}/tinyrates/__init__.py" in found


def test_compiled_code_is_not_laid_out_under_another_name() -> None:
    found = laid_out({NAME: wheel({**CODE, "tinyrates/a.txt": b"\x7fELF" + b"\0" * 60})})
    assert f"{NAME}/tinyrates/a.txt" not in found


def linked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("tinyrates/__init__.py")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        wheel({**CODE, "../../code/json.py": b"x = 1\n"}), wheel({**CODE, "/etc/x": b"x\n"}), linked(), b"PK\x03\x04", b"",
        wheel({"big.txt": b"0" * (70 << 20)}), wheel({"tinyrates": b"x\n", "tinyrates/a.py": b"x\n"}),
    ],
    ids=["leads out", "absolute", "a link", "broken", "empty", "a bomb", "a file and a folder"],
)  # fmt: skip
def test_what_is_not_plain_stays_an_archive(content: bytes) -> None:
    assert laid_out({NAME: content}) == {NAME: content}


def test_no_more_is_laid_out_than_is_borne(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = {f"p{number}-1.0-py3-none-any.whl": PACKAGE for number in range(4)}
    each = len(laid_out({NAME: PACKAGE}))
    monkeypatch.setattr(module, "MOST_FILES", 2 * each + 1)
    assert sorted(laid_out(brought))[-2:] == sorted(brought)[-2:], (
        "the first two as folders, the others as they came"
    )
    monkeypatch.setattr(module, "MOST_FILES", 2_000)
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    assert laid_out(brought) == brought
