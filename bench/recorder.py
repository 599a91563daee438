"""One of several processes that write Records: `python -m bench.recorder EACH PLACE`."""

import sys

from bench.spine import _one_record
from dalgubeol.settings import Settings
from dalgubeol.verbs.house.house import open_house

with open_house(Settings.from_environment()) as house:
    for number in range(int(sys.argv[1])):
        _one_record(house, f"process/{sys.argv[2]}/{number}")
