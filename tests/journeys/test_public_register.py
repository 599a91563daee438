"""What everybody may see: every Permit that was asked for, without anybody's name or own words."""

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
        request, entry = public.register(house)
        assert (entry.permit, entry.organisation, entry.standing) == (granted.id, "lab", Standing.IN_FORCE)
        assert (request.permit, request.organisation, request.standing) == (asked.id, "lab", Standing.REQUESTED)  # fmt: skip
        for line in (request, entry):
            assert [name for _, name in line.datasets] == ["claims-p"]
            shown = json.dumps(plain(line))
            assert holder not in shown
            assert "counting the rows" not in shown
            assert "Hong Gildong" not in shown
        assert public.register_entry(house, asked.id) == request
        with pytest.raises(Missing):
            public.register_entry(house, "permit-of-nobody")
        assert public.register(house, before=asked.id) == (entry,)
        assert public.entries_for(house, entry.datasets[0][0]) == (entry,), "asking is no leave to use"


def test_a_revoked_permit_stays_in_the_register(visit: Visit, as_: As) -> None:
    pseudonymised(as_)
    granted = permitted(as_)
    assert visit.dalgu("operator", "permit", "revoke", granted.id).returncode == 0
    with open_house(replace(visit.settings(), keys=visit.keys)) as house:
        assert [e.standing for e in public.register(house)] == [Standing.REVOKED]
