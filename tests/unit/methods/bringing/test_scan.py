"""What the scan holds against files that want to come in, what it leaves for people to weigh, and what passes."""

from __future__ import annotations

import io
import json
import pickle
import sys
import zipfile
import zlib
from collections.abc import Mapping

import pytest

from dalgubeol.methods.bringing.archives import members
from dalgubeol.methods.bringing.scan import TO_WEIGH, scan
from dalgubeol.methods.bringing.what import What, what_it_is

from ...verbs.bringing_files import MODULE, PACKAGE, REGIONS, wheel

TAKEN = frozenset({*sys.stdlib_module_names, "numpy", "pandas"})
NAME = "tinyrates-1.0-py3-none-any.whl"
CODE = {"tinyrates/__init__.py": b"RATE = 7\n"}


def held(name: str, content: bytes) -> set[str]:
    return {each.rule for each in scan(name, content, TAKEN) if each.rule not in TO_WEIGH}


def weighed(name: str, content: bytes) -> set[str]:
    return {each.rule for each in scan(name, content, TAKEN) if each.rule in TO_WEIGH}


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


NOTEBOOK = {
    "cells": [{"cell_type": "code", "source": ["x = 1\n"], "outputs": []}],
    "metadata": {},
    "nbformat": 4,
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("codes.csv", REGIONS), ("rates.py", MODULE), (NAME, PACKAGE), ("note.txt", "설명입니다.\n".encode()),
        ("q.sql", b"SELECT area, count(*) FROM data GROUP BY area;\n"), ("r.R", b"d <- read.csv('/brought/codes.csv')\n"),
        ("n.ipynb", json.dumps(NOTEBOOK).encode()), ("a.json", b'{"11": "north"}'),
    ],
)  # fmt: skip
def test_what_an_analysis_needs_passes(name: str, content: bytes) -> None:
    assert held(name, content) == set()


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("rates.py", b"\x7fELF\x02\x01\x01" + b"\0" * 60, "native_code"),
        ("table.csv", b"MZ\x90\0" + b"\0" * 60, "native_code"),
        ("table.csv", pickle.dumps({"a": 1}), "pickle"),
        ("table.csv", pickle.dumps(ValueError("x"), 0), "pickle"),
        ("note.txt", b"cos\nsystem\n(S'true'\ntR.", "pickle"),
        ("codes.csv", zlib.compress(REGIONS) + b"\0", "encoding"),
        ("codes.csv.gz", b"\x1f\x8b\x08" + b"\0" * 20, "archive"),
        ("rates.py", zipped({"a.py": b"x"}), "file_type"),
        (NAME, b"not a zip", "file_type"),
        ("lib.so", b"text", "file_type"),
        ("run.sh", b"echo\n", "file_type"),
        ("codes.csv", "code,지역\n11,북\n".encode("cp949"), "encoding"),
        ("codes.csv", "code,region\n1,a\n".encode("utf-16"), "encoding"),
        ("rates.py", "admin = '\u202e'  # end\n".encode(), "hidden_text"),
        ("rates.py", b"KEY = '" + b"QUJD" * 300 + b"'\n", "encoded"),
        ("rates.py", b"def broken(:\n", "unreadable"),
        ("rates.py", b"\n \n", "empty"),
        ("numpy.py", MODULE, "shadows"),
        ("json.py", MODULE, "shadows"),
        ("sitecustomize.py", MODULE, "runs_unasked"),
        ("../rates.py", MODULE, "file_name"),
        ("people.csv", "이름,주민등록번호\n홍길동,900101-1234568\n김철수,880202-1234567\n".encode(), "identifier"),
        ("rates.py", b"WHO = '900101-1234568'\n", "identifier"),
        ("mail.csv", b"k,mail\n" + b"".join(b"%d,user%d@example.org\n" % (n, n) for n in range(30)), "identifier"),
        ("n.ipynb", json.dumps({**NOTEBOOK, "cells": [{**NOTEBOOK["cells"][0], "outputs": [{}]}]}).encode(), "outputs"),
        ("n.ipynb", b"{}", "unreadable"),
        ("a.json", b"{", "unreadable"),
        ("codes.csv", b"no table\n", "unreadable"),
    ],
)  # fmt: skip
def test_what_misleads_harms_or_names_a_person_is_held(name: str, content: bytes, rule: str) -> None:
    assert rule in held(name, content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("eval('1')\n", 1), ("import socket\n", 1), ("import os\nos.system('x')\n", 1), ("from os import execv\n", 1),
        ("import ctypes\n", 1), ("import pickle\n", 1), ("().__class__.__subclasses__()\n", 1),
        ("import sys\nsys.modules['numpy'] = None\n", 1), ("ｅｖａｌ('1')\n", 1), ("import subprocess, requests\n", 2),
        ("import csv, sys\nprint(sys.argv)\n", 0), ("# eval(x) and socket\n", 0),
    ],
)  # fmt: skip
def test_what_a_script_could_do_is_told_by_its_lines_and_left_to_people(text: str, words: int) -> None:
    found = [each for each in scan("rates.py", text.encode(), TAKEN) if each.rule == "words"]
    assert len(found) == words
    assert held("rates.py", text.encode()) == set()
    assert all(each.message.values["lines"] != "x" for each in found)


def test_other_languages_are_read_by_words() -> None:
    assert weighed("q.sql", b"ATTACH 'x.db';\n") == {"words"}
    assert weighed("r.R", b"system('x')\n") == {"words"}
    assert weighed("r.R", b"# system('x')\nx <- 1\n") == set()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (wheel(CODE, forged={"tinyrates/__init__.py": b"RATE = 8\n"}), "hash"),
        (wheel(CODE, more={"tinyrates/extra.py": b"x = 1\n"}), "hash"),
        (wheel({**CODE, "tinyrates/fast.so": b"text"}), "native_code"),
        (wheel({**CODE, "tinyrates/data.txt": b"\x7fELF" + b"\0" * 60}), "native_code"),
        (wheel({**CODE, "tinyrates/__pycache__/x.pyc": b"\xa7\r\r\n"}), "native_code"),
        (wheel(CODE, purelib="false"), "native_code"),
        (wheel({**CODE, "tinyrates/model.bin": pickle.dumps([1])}), "pickle"),
        (wheel({**CODE, "tinyrates/in.zip": zipped({"a": b"b"})}), "archive"),
        (wheel({**CODE, "start.pth": b"import os\n"}), "runs_unasked"),
        (wheel({**CODE, "sitecustomize.py": b"x = 1\n"}), "runs_unasked"),
        (wheel({"numpy/__init__.py": b"x = 1\n"}), "shadows"),
        (wheel({"json.py": b"x = 1\n"}), "shadows"),
        (wheel({**CODE, "tinyrates-1.0.data/scripts/x": b"x\n"}), "wheel"),
        (wheel({**CODE, "../evil.py": b"x = 1\n"}), "archive"),
        (wheel({**CODE, "/etc/evil.py": b"x = 1\n"}), "archive"),
        (wheel({**CODE, "a\\b.py": b"x = 1\n"}), "archive"),
        (wheel({**CODE, "TINYRATES/__init__.py": b"x = 1\n"}), "archive"),
        (wheel({"tinyrates/__init__.py": "x = '\u202e'\n".encode()}), "hidden_text"),
        (wheel(CODE, name="other"), "wheel"),
        (wheel({"big.txt": b"0" * (70 << 20)}), "bomb"),
        (wheel({"big.txt": b"0" * (30 << 20)}), "bomb"),
        (b"#!/bin/sh\n" + PACKAGE, "file_type"),
        (PACKAGE + b"PK\x05\x06" + b"\0" * 18, "wheel"),
        (zipped({"a.py": b"x = 1\n"}) + PACKAGE, "archive"),
        (zipped(CODE), "wheel"),
        (PACKAGE[:-40], "archive"),
    ],
)  # fmt: skip
def test_a_wheel_that_is_not_plain_python_as_its_publisher_packed_it_is_held(
    content: bytes, rule: str
) -> None:
    assert rule in held(NAME, content)


def test_names_that_pose_as_another_package_are_held() -> None:
    for name in ("nunpy", "numpyy", "numyp", "urllib"):
        assert "known_bad" in held(
            f"{name}-1.0-py3-none-any.whl", wheel({"x_y_z.py": b"x = 1\n"}, name=name)
        ), name
    assert "native_code" in held("tinyrates-1.0-cp311-cp311-linux_x86_64.whl", PACKAGE)
    assert "wheel" in held("tinyrates.whl", PACKAGE)


def test_a_name_that_the_operator_refuses_is_held_however_it_is_spelt() -> None:
    for spelt in ("Tiny.Rates", "tiny_rates", "tiny-rates"):
        content = wheel({"tiny_rates/__init__.py": b"RATE = 7\n"}, name="tiny_rates")
        found = scan("tiny_rates-1.0-py3-none-any.whl", content, TAKEN, (spelt,))
        assert [each.rule for each in found if each.rule not in TO_WEIGH] == ["refused"]
    assert held("tiny_rates-1.0-py3-none-any.whl", content) == set()


def test_licence_and_requirements_are_left_to_people() -> None:
    bare = wheel(CODE, metadata="Requires-Dist: requests\nRequires-Dist: numpy\n")
    assert {"licence", "requires", "size"} <= weighed(NAME, bare)
    assert weighed(NAME, wheel(CODE)) == {"size"}


def test_an_archive_is_not_opened_beyond_what_it_may_hold_whatever_it_says_of_itself() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    found, wrong = members(buffer.getvalue())
    assert (found, [each.rule for each in wrong]) == ({}, ["archive"])
    lying = bytearray(zipped({"a": b"0" * 5000}))
    place = lying.rindex(b"PK\x01\x02")
    lying[place + 24 : place + 28] = (10).to_bytes(4, "little")  # it says that it unpacks to ten bytes
    found, wrong = members(bytes(lying))
    assert found == {}
    assert [each.rule for each in wrong] == ["archive"]


def test_no_finding_says_what_stands_in_a_file() -> None:
    secret = "900101-1234568"
    for name, content in (
        ("rates.py", f"WHO = '{secret}'\n"),
        ("t.csv", f"id,x\n{secret},1\n880202-1234567,2\n"),
    ):
        for each in scan(name, content.encode(), TAKEN):
            assert secret not in str(each.message.values)


def test_a_file_is_what_its_bytes_are() -> None:
    assert what_it_is(b"") is What.EMPTY
    assert what_it_is(b"PAR1....PAR1") is What.PARQUET
    assert what_it_is("글\n".encode()) is What.TEXT
    assert what_it_is(b"\0\1\2") is What.OTHER
