"""What everybody may see: Permits that were granted, without anybody's name or own words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dalgubeol.doors.plain import plain
from dalgubeol.errors import Missing
from dalgubeol.rules.granting import Standing
from dalgubeol.verbs.history import public
from dalgubeol.verbs.house.house import open_house

from .conftest import As, Visit
from .test_story import permitted, pseudonymised


def test_the_register_names_organisations_and_no_person(visit: Visit, as_: As) -> None:
    pseudonymised(as_)
    granted = permitted(as_)
    with as_("analyst") as site:
        asked = site.request(
            ["analyse"], ["claims-p"], purpose="statistics", reason="for Hong Gildong", until="2099-12-31"
        )
        holder = site.who.actor.id
    with open_house(replace(visit.settings(), keys=visit.keys)) as house:
        (entry,) = public.register(house)
        assert (entry.permit, entry.organisation, entry.standing) == (granted.id, "lab", Standing.IN_FORCE)
        assert [name for _, name in entry.datasets] == ["claims-p"]
        shown = json.dumps(plain(entry))
        assert holder not in shown
        assert "counting the rows" not in shown
        with pytest.raises(Missing):
            public.register_entry(house, asked.id)
        assert public.register(house, before=granted.id) == ()


def test_a_revoked_permit_stays_in_the_register(visit: Visit, as_: As) -> None:
    pseudonymised(as_)
    granted = permitted(as_)
    assert visit.dalgu("operator", "permit", "revoke", granted.id).returncode == 0
    with open_house(replace(visit.settings(), keys=visit.keys)) as house:
        assert [e.standing for e in public.register(house)] == [Standing.REVOKED]
