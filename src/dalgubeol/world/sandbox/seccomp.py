"""The system-call filter, assembled by hand as classic BPF (seccomp(2), linux/filter.h).

Rules: default allow, with what an analyst's script never needs denied: tracing other processes, keyrings,
io_uring, mounts and namespaces, kernel modules, clocks, and memory that no resource limit counts (memfd,
System V). Sockets are allowed only in the AF_UNIX family, which the empty network namespace confines.
System calls newer than this table answer ENOSYS, as on an older kernel. A call made under another
architecture's numbers (32-bit, x32) kills the process. On an architecture not listed there is no filter,
and the self-test says so. The namespaces and the unprivileged user remain the first line; this is the second.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable

_LOAD, _EQUAL, _GREATER, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _FIRST_AT, _SECOND_AT = 0, 4, 16, 24  # struct seccomp_data, little endian low words
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NEWEST_KNOWN = 456
_X32_BIT = 0x40000000
_NAMESPACE_FLAGS = 0x7E020080  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} and CLONE_NEWTIME
_AF_UNIX = 1
_TERMINAL_INJECTIONS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_COMMON = {  # numbered alike on every architecture since Linux 5.1
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443,
    "memfd_secret": 447, "process_mrelease": 448,
}  # fmt: skip
DENIED: dict[str, dict[str, int]] = {
    "x86_64": _COMMON | {
        "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "shmdt": 67, "msgget": 68, "ptrace": 101,
        "syslog": 103, "uselib": 134, "personality": 135, "pivot_root": 155, "adjtimex": 159, "chroot": 161,
        "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
        "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173,
        "init_module": 175, "delete_module": 176, "quotactl": 179, "lookup_dcookie": 212,
        "clock_settime": 227, "mq_open": 240, "kexec_load": 246, "add_key": 248, "request_key": 249,
        "keyctl": 250, "unshare": 272, "vmsplice": 278, "perf_event_open": 298, "fanotify_init": 300,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313,
        "memfd_create": 319, "kexec_file_load": 320, "bpf": 321, "userfaultfd": 323,
    },
    "aarch64": _COMMON | {
        "lookup_dcookie": 18, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "quotactl": 60,
        "vmsplice": 75, "acct": 89, "personality": 92, "unshare": 97, "kexec_load": 104, "init_module": 105,
        "delete_module": 106, "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142,
        "sethostname": 161, "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "mq_open": 180,
        "msgget": 186, "semget": 190, "shmget": 194, "shmctl": 195, "shmat": 196, "shmdt": 197,
        "add_key": 217, "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225,
        "perf_event_open": 241, "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265,
        "clock_adjtime": 266, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
        "finit_module": 273, "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "kexec_file_load": 294,
    },
}  # fmt: skip
_CHECKED = {
    "x86_64": {"ioctl": 16, "socket": 41, "socketpair": 53, "clone": 56, "clone3": 435},
    "aarch64": {"ioctl": 29, "socket": 198, "socketpair": 199, "clone": 220, "clone3": 435},
}

_Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def seccomp_program(machine: str) -> bytes | None:
    """The filter for `machine` (as in `os.uname()`) in the form `bwrap --seccomp` reads; None if unknown."""
    if machine not in _ARCHITECTURES:
        return None
    return b"".join(struct.pack("<HBBI", *each) for each in _instructions(machine))


def _instructions(machine: str) -> Iterable[_Instruction]:
    checked = _CHECKED[machine]
    yield (_LOAD, 0, 0, _ARCH_AT)
    yield from _unless(_EQUAL, _ARCHITECTURES[machine], _KILL_PROCESS)
    yield (_LOAD, 0, 0, _NUMBER_AT)
    yield from _when(_AT_LEAST, _X32_BIT, _KILL_PROCESS)
    yield from _when(_GREATER, _NEWEST_KNOWN, _ERRNO | errno.ENOSYS)
    yield from _when(_EQUAL, checked["clone3"], _ERRNO | errno.ENOSYS)  # its flags lie behind a pointer
    for number in sorted(DENIED[machine].values()):
        yield from _when(_EQUAL, number, _ERRNO | errno.EPERM)
    for name in ("socket", "socketpair"):
        yield from _block(checked[name], _FIRST_AT, _unless(_EQUAL, _AF_UNIX, _ERRNO | errno.EAFNOSUPPORT))
    yield from _block(checked["clone"], _FIRST_AT, _when(_ANY_BIT, _NAMESPACE_FLAGS, _ERRNO | errno.EPERM))
    injections = [each for code in _TERMINAL_INJECTIONS for each in _when(_EQUAL, code, _ERRNO | errno.EPERM)]
    yield from _block(checked["ioctl"], _SECOND_AT, injections)
    yield (_RETURN, 0, 0, _ALLOW)


def _when(test: int, constant: int, verdict: int) -> list[_Instruction]:
    return [(test, 0, 1, constant), (_RETURN, 0, 0, verdict)]


def _unless(test: int, constant: int, verdict: int) -> list[_Instruction]:
    return [(test, 1, 0, constant), (_RETURN, 0, 0, verdict)]


def _block(number: int, argument_at: int, body: list[_Instruction]) -> list[_Instruction]:
    """Load an argument and judge it, only for system call `number`; always ends, since the number is gone."""
    inner = [(_LOAD, 0, 0, argument_at), *body, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(inner), number), *inner]


def filter_pipe() -> int | None:
    """The read end of a pipe that holds the system-call filter (a few kB, less than a pipe's buffer)."""
    program = seccomp_program(os.uname().machine)
    if program is None:
        return None
    read, write = os.pipe2(os.O_CLOEXEC)
    os.write(write, program)
    os.close(write)
    return read
