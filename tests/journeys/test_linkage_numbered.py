"""Serial numbers of a linkage in a table that is pseudonymised: they are proposed to be kept, by the page and by a draft."""

from __future__ import annotations

import pytest

from dalgubeol.methods.privacy.policy import policy_text
from dalgubeol.nouns.permit import Purpose
from dalgubeol.verbs.projects import policies, previews, projects, proposals

from .crossing import Linkage, rows_of
from .linking import persons

pytestmark = pytest.mark.slow


def test_serial_numbers_are_proposed_to_be_kept_and_nothing_takes_them_for_numbers_of_persons(
    linkage: Linkage,
) -> None:
    linkage.agree()
    linkage.bring({"firm": persons(300, 0, 0), "insurer": persons(300, 100, 1)})
    linkage.make_secrets()
    numbered = linkage.keys()["firm"]["numbered"]
    house, who = linkage.at("firm")
    found = {p.column: p for p in proposals.proposals(house, who, numbered)}
    assert (found["serial"].role, found["serial"].what) == ("plain", "linkage-serial")
    assert found["name"].role == "direct identifier"
    text = policies.draft(house, who, numbered, "injuries")
    assert "serial" in {c for c, told in policy_text.parsed(text).columns.items() if told.role == "plain"}
    said = [message.text() for message in policies.check(house, who, numbered, text)]
    assert any(line.startswith("Goes out: serial, ") for line in said), said
    assert previews.begin(house, who, numbered, policy_text.loaded(text)).rows == 300
    projects.open_(
        house, who, name="injuries", purpose=Purpose.SCIENTIFIC_RESEARCH, reason="Which work injures", until="2099-12-31"
    )  # fmt: skip
    made = linkage.done("firm", "pseudonymise", {"data": numbered}, policy=text, name="payload")
    assert "serial" in rows_of(linkage, "firm", made["pseudonymised"])[0]
