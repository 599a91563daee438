"""The filter, run by a plain interpreter of classic BPF, and its table against the kernel's headers."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from dalgubeol.world.sandbox.seccomp import _ARCHITECTURES, _CHECKED, DENIED, seccomp_program

ALLOW, KILL = 0x7FFF0000, 0x80000000
MACHINES = sorted(_ARCHITECTURES)


def refused(number: int) -> int:
    return 0x00050000 | number


def verdict(machine: str, number: int, first: int = 0, second: int = 0, arch: int | None = None) -> int:
    """What the kernel would answer to one system call."""
    program = seccomp_program(machine)
    assert program is not None
    code = list(struct.iter_unpack("<HBBI", program))
    data = struct.pack("<iIQQQ", number, arch or _ARCHITECTURES[machine], 0, first, second)
    at = held = 0
    while True:
        operation, when_true, when_false, constant = code[at]
        if operation == 0x06:
            return int(constant)
        if operation == 0x20:
            held = struct.unpack_from("<I", data, constant)[0]
            at += 1
            continue
        test = {
            0x15: held == constant,
            0x25: held > constant,
            0x35: held >= constant,
            0x45: held & constant != 0,
        }
        at += 1 + (when_true if test[operation] else when_false)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_denied_call_is_refused_and_ordinary_ones_pass(machine: str) -> None:
    assert {verdict(machine, number) for number in DENIED[machine].values()} == {refused(errno.EPERM)}
    special = {*DENIED[machine].values(), *_CHECKED[machine].values()}
    assert {verdict(machine, number) for number in range(300) if number not in special} == {ALLOW}


@pytest.mark.parametrize("machine", MACHINES)
def test_only_unix_sockets_can_be_made(machine: str) -> None:
    for name in ("socket", "socketpair"):
        number = _CHECKED[machine][name]
        answers = {family: verdict(machine, number, family) for family in range(50)}
        assert [family for family, answer in answers.items() if answer == ALLOW] == [1]
        assert answers[2] == refused(errno.EAFNOSUPPORT)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_fork_passes_and_a_new_namespace_does_not(machine: str) -> None:
    clone = _CHECKED[machine]["clone"]
    assert verdict(machine, clone, 0x01200011) == ALLOW  # what fork() asks for
    assert verdict(machine, clone, 0x003D0F00) == ALLOW  # what a thread asks for
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80):
        assert verdict(machine, clone, flag | 17) == refused(errno.EPERM)
    assert verdict(machine, _CHECKED[machine]["clone3"]) == refused(errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINES)
def test_terminal_injection_foreign_numbers_and_newer_calls_do_not_pass(machine: str) -> None:
    ioctl = _CHECKED[machine]["ioctl"]
    assert verdict(machine, ioctl, 0, 0x5401) == ALLOW
    assert verdict(machine, ioctl, 0, 0x5412) == refused(errno.EPERM)
    assert verdict(machine, 1, arch=0x40000003) == KILL
    assert verdict(machine, 0x40000001) == KILL
    assert verdict(machine, 470) == refused(errno.ENOSYS)


def test_an_unknown_processor_has_no_filter() -> None:
    assert seccomp_program("riscv64") is None


HEADERS = {
    "x86_64": [Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), Path("/usr/include/asm/unistd_64.h")],
    "aarch64": [Path("/usr/include/asm-generic/unistd.h")],
}


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_agree_with_the_kernel_headers(machine: str) -> None:
    header = next((each for each in HEADERS[machine] if each.exists()), None)
    if header is None:
        pytest.skip("the kernel's headers are not installed here")
    told = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    ours = DENIED[machine] | _CHECKED[machine]
    assert {name: int(told[name]) for name in ours if name in told} == {
        n: v for n, v in ours.items() if n in told
    }
    assert len(set(ours) & set(told)) > 60
