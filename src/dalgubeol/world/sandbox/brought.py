"""What came into the zone, inside the sandbox: files by their names, and packages that were laid out as folders.

A single file is fed through a pipe and bound alone, as an input is. The members of a package may be thousands: each is
a file in the memory of this process, which bwrap copies into the file system of the sandbox before that is made
read-only. So nothing of it touches a disk here either.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from ...errors import Unavailable
from ...language import say
from .bubblewrap import BROUGHT
from .frames import is_plain_name

_DESCRIPTORS = 256
"""What else this process may have open."""


def is_plain_path(name: str) -> bool:
    """A plain file name, or a path of a member below one."""
    first, *below = name.split("/")
    return is_plain_name(first) and all(part not in ("", ".", "..") and "\0" not in part for part in below)


def packages_among(brought: Mapping[str, bytes]) -> tuple[str, ...]:
    """Where Python looks besides: the folder of modules, and each package, as an archive (zipimport) or a folder."""
    wheels = sorted({first for first in (name.partition("/")[0] for name in brought) if first.endswith(".whl")})  # fmt: skip
    return (BROUGHT, *(f"{BROUGHT}/{each}" for each in wheels)) if brought else ()


def single(brought: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in brought.items() if "/" not in name}


@contextmanager
def members_in_memory(brought: Mapping[str, bytes]) -> Iterator[list[tuple[int, str]]]:
    """Descriptor and place inside of each member of a package, for as long as bwrap is started. Raises Unavailable."""
    inside = {name: content for name, content in brought.items() if "/" in name}
    if inside:
        _allow_descriptors(len(inside) + _DESCRIPTORS)
    with ExitStack() as stack:
        files: list[tuple[int, str]] = []
        for name, content in inside.items():
            try:
                fd = os.memfd_create("brought")
            except OSError:
                raise _too_many() from None
            stack.callback(os.close, fd)
            with open(fd, "wb", closefd=False) as file:
                file.write(content)
            os.lseek(fd, 0, os.SEEK_SET)
            files.append((fd, f"{BROUGHT}/{name}"))
        yield files


def _allow_descriptors(wanted: int) -> None:
    """As many as the system lets this process have; the script itself has few (see runner.py)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _too_many() -> Unavailable:
    return Unavailable(
        "sandbox.descriptors",
        say("This machine lets a process open too few files for the packages that were brought in."),
        say("Raise the limit of open files of the service (LimitNOFILE) to 4096 or more."),
    )
