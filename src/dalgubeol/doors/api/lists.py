"""What lists have in common: how much of them is asked for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from ...world.store.paging import LARGEST_PAGE

Cursor = Annotated[str, Query(max_length=500, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="How many at most")]
Mine = Annotated[bool, Query(description="Only one's own")]
