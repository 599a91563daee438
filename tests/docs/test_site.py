"""The site is built from the pages, in two languages, and asks no foreign host."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import build, built, site


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    build.build(folder)
    return folder


def _text(folder: Path, name: str) -> str:
    return (folder / name).read_text("utf-8")


def test_the_documentation_is_whole_and_both_languages_have_every_page(folder: Path) -> None:
    english = {
        p.relative_to(folder) for p in folder.rglob("*.html") if "ko" not in p.relative_to(folder).parts
    }
    korean = {p.relative_to(folder / "ko") for p in (folder / "ko").rglob("*.html")}
    assert english == korean
    assert len(english) > 30


def test_each_page_leads_to_itself_in_the_other_language(folder: Path) -> None:
    assert 'href="../ko/how-to/operator.html" hreflang="ko"' in _text(folder, "how-to/operator.html")
    assert 'href="../../how-to/operator.html" hreflang="en"' in _text(folder, "ko/how-to/operator.html")


def test_a_page_that_is_in_english_only_says_so_in_the_korean_tree(folder: Path) -> None:
    page = _text(folder, "ko/explanation/ledger.html")
    assert "이 쪽은 아직 영문으로만 있습니다" in page
    assert '<div lang="en">' in page
    assert '<html lang="ko"' in page


def test_a_fence_says_who_types_it(folder: Path) -> None:
    assert '<span class="filename">analyst, ends with 18</span>' in _text(
        folder, "how-to/analyse-and-release.html"
    )
    assert "이용자(분석가), 종료 코드 18" in _text(folder, "ko/how-to/analyse-and-release.html")


def test_both_trees_can_be_searched(folder: Path) -> None:
    assert "Dataset" in _text(folder, "search.json")
    assert "이용승인" in _text(folder, "ko/search.json")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ('<img src="https://example.org/x.png">', "asks the foreign host"),
        ('<link rel="stylesheet" href="//fonts.example.org/x">', "asks the foreign host"),
        ('<p style="background:url(https://example.org/x.png)">', "asks the foreign host"),
        ('<a href="gone.html">x</a>', "gone.html leads nowhere"),
        ('<a href="#gone">x</a>', "#gone leads nowhere"),
        ("<p>x</p>", "no content security policy"),
    ],
)
def test_what_is_wrong_in_what_was_built_is_found(page: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    assert [line for line in built.problems(tmp_path) if said in line]


def test_a_link_to_a_foreign_page_is_allowed(tmp_path: Path) -> None:
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'
    (tmp_path / "a.html").write_text(f'{policy}<a href="https://example.org">x</a><a href="#b" id="b">y</a>')
    assert built.problems(tmp_path) == []


def test_a_style_that_fetches_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@font-face{src:url(https://fonts.example.org/a.woff2)}")
    assert built.problems(tmp_path) == ["a.css: asks the foreign host of https://fonts.example.org/a.woff2"]


def test_a_page_that_no_menu_leads_to_is_named() -> None:
    pages = {**build.sources(), "docs/lost.md": "# Lost\n"}
    assert site.problems(pages) == ["lost: no line of the menu leads there"]


def test_a_korean_page_without_an_english_one_is_named() -> None:
    pages = {**build.sources(), "docs/ko/how-to/only.md": "# 홀로\n"}
    assert "docs/ko/how-to/only.md: has no English page beside it" in site.problems(pages)


def test_links_and_fences_are_turned_for_the_tree(tmp_path: Path) -> None:
    text = (
        "# T\n\n[a](../../SECURITY.md#x) [b](../../LICENSE)\n\n```sh analyst\n[c](../../SECURITY.md)\n```\n"
    )
    page = site.Page("en", "how-to/t", "docs/how-to/t.md", text)
    staged = site.staged(page, tmp_path, {"en": {}, "ko": {}})
    assert "[a](../security.md#x) [b](../files/LICENSE)" in staged
    assert '```sh title="analyst"\n[c](../../SECURITY.md)\n' in staged
    assert (tmp_path / "files" / "LICENSE").exists()


def test_an_english_page_in_the_korean_tree_leads_to_the_same_heading_of_a_korean_page(
    tmp_path: Path,
) -> None:
    both = site.trees(
        {
            "docs/how-to/a.md": "# A\n\n## Two\n",
            "docs/ko/how-to/a.md": "# 가\n\n## 둘째\n",
            "docs/explanation/b.md": "# B\n\n[x](../how-to/a.md#two)\n",
        }
    )
    assert "(../how-to/a.md#둘째)" in site.staged(both["ko"]["explanation/b"], tmp_path, both)
    assert "(../how-to/a.md#two)" in site.staged(both["en"]["explanation/b"], tmp_path, both)
