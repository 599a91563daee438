"""What came in, as a script of the zone finds it: a wheel as a folder of its own name, everything else as it came.

A package may open files that lie beside its modules; read as an archive (zipimport) it would not find them. Nothing is
installed and nothing is run: members are handed on by name and content. What the scan holds is left out here too, for
where files lie on a disk Python would use it: compiled code, and what runs unasked. A wheel with more than is borne,
whose members are not plain, or where one name is a file and a folder, stays an archive, which Python imports from.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from .archives import members
from .wheels import stays_packed

MOST_FILES = 2_000
MOST_BYTES = 256 << 20
"""Of all packages that came in under one Permit: each Run holds them in memory."""


def laid_out(brought: Mapping[str, bytes]) -> dict[str, bytes]:
    """Path (`codes.csv`, `NAME.whl/package/module.py`) to content."""
    found = dict[str, bytes]()
    files, size = MOST_FILES, MOST_BYTES
    for name in sorted(brought):
        inside = _of_wheel(brought[name]) if name.endswith(".whl") else {}
        needs = sum(map(len, inside.values()))
        if not inside or len(inside) > files or needs > size:
            found[name] = brought[name]
            continue
        files, size = files - len(inside), size - needs
        found |= {f"{name}/{member}": content for member, content in inside.items()}
    return found


def _of_wheel(content: bytes) -> dict[str, bytes]:
    """Members to lie on the disk; none where the archive is to stay one."""
    unpacked, _ = members(content)
    inside = {name: held for name, held in unpacked.items() if not stays_packed(name, held)}
    folders = {folder for name in inside for folder in accumulate(name.split("/")[:-1], "{}/{}".format)}
    return {} if folders & inside.keys() else inside
