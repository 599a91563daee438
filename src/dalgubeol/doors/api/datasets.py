"""Datasets over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ...verbs import register
from ..plain import plain
from .caller import Here, Reader

router = APIRouter(prefix="/datasets", tags=["datasets"])


@router.get("")
def listed(house: Here, who: Reader) -> list[Any]:
    return [plain(dataset) for dataset in register.listed(house, who.actor)]
