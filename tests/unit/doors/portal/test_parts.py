from __future__ import annotations

import pytest

from dalgubeol.doors.portal.elements.parts import Leaf, Part, _check, _name, _open


def drawn(make: object) -> list[object]:
    root: list[object] = []
    token = _open.set([root])  # type: ignore[list-item]
    try:
        make()  # type: ignore[operator]
    finally:
        _open.reset(token)
    for tree in root:
        _check(tree)
    return root


def test_parts_inside_a_still_drawing_are_a_tree_of_plain_values() -> None:
    def make() -> None:
        with Part("table", classes="dalgu-list", aria_label='a "b" <c>'):
            with Part("tr"):
                Part("td", "<img src=x onerror=alert(1)>", colspan=2, hidden=False, title=None)
            Part("a", "there", href="/datasets?x=1")

    assert drawn(make) == [
        [
            "table",
            {"class": "dalgu-list", "aria-label": 'a "b" <c>'},
            [
                ["tr", {}, [["td", {"colspan": "2"}, ["<img src=x onerror=alert(1)>"]]]],
                ["a", {"href": "/datasets?x=1"}, ["there"]],
            ],
        ]
    ]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JavaScript:alert(1)", "https://evil.test", "//evil.test", "/\\evil.test", "data:text/html,x", ""],
)  # fmt: skip
def test_no_address_leads_out_of_the_site(address: str) -> None:
    with pytest.raises(ValueError, match="leads to this site"):
        drawn(lambda: Part("a", "there", href=address))


@pytest.mark.parametrize(
    "name", ["onclick", "onError", "innerHTML", "textContent", "srcdoc", "style", "a b", "^value"]
)
def test_no_attribute_runs_or_holds_html(name: str) -> None:
    with pytest.raises(ValueError, match="no attribute"):
        _name(name)


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "object", "base"])
def test_no_page_draws_what_loads_or_runs(tag: str) -> None:
    with pytest.raises(ValueError, match=tag):
        drawn(lambda: Leaf(tag))
