"""The site: two trees, English and Korean, of the same pages, built by Zensical without any foreign host.

Every page is in both trees, so that search, menu and links stay in the reader's language; one that is
written in English only says so at its top in the Korean tree. A page's links are turned from paths of the
repository into paths of the tree; a fence's person and exit code become its title.

| in the repository | in the English tree | in the Korean tree |
|---|---|---|
| `docs/how-to/x.md` | `how-to/x` | (only where `docs/ko/how-to/x.md` is not) |
| `docs/ko/how-to/x.md` | | `ko/how-to/x` |
| `SECURITY.md` and its like | `security` | `ko/security` |
| a file that a page links to | `files/...` | `ko/files/...` |
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import pages

LANGUAGES = ("en", "ko")
THEME = Path(__file__).parent / "theme"
_HOME = {"README.md": "docs/index.md", "README.ko.md": "docs/ko/index.md"}
_PEOPLE = ("operator", "provider", "analyst", "reviewer", "engineer", "citizen")
_TASKS = ("sign-in", "run-a-site", "serve-a-site", "back-up-and-restore", "look-after-a-site", "bring-data", "pseudonymise-with-a-policy", "run-a-support-centre", "link-across-organisations", "review-and-papers", "ask-for-a-permit", "try-at-home", "write-a-script", "bring-into-the-zone", "take-a-model-out", "analyse-and-release", "monitor-a-plant", "run-a-plant", "verify-the-ledger", "use-the-api")  # fmt: skip

MENU: tuple[tuple[tuple[str, str], tuple[str, ...]], ...] = (
    (("Tutorial", "따라 하기"), ("tutorial/ten-minutes",)),
    (
        ("How to", "사용 방법"),
        (*(f"how-to/{name}" for name in (*_PEOPLE, *_TASKS)), "how-to/*"),
    ),
    (("Reference", "참조"), ("reference/index", "reference/*")),
    (
        ("Explanation", "설명"),
        ("explanation/four-nouns", "explanation/threat-model", "explanation/server", "explanation/*"),
    ),
    (("Decisions", "결정 기록"), ("decisions/*",)),
    (("Project", "프로젝트"), ("glossary", "security", "contributing", "changelog")),
)
_WORDS = {
    "operator": "운영기관", "provider": "데이터 제공기관", "steward": "데이터 책임자", "analyst": "이용자(분석가)", "reviewer1": "심사위원 1",
    "reviewer2": "심사위원 2", "engineer": "엔지니어", "nobody": "누구나", "reader": "따라 하는 사람",
}  # fmt: skip
_ONLY_ENGLISH = '!!! note "영문 문서"\n    이 쪽은 아직 영문으로만 있습니다.\n\n'
_EXTENSIONS = """
[project.markdown_extensions]
admonition = {}
attr_list = {}
md_in_html = {}
tables = {}
toc.permalink = true
toc.slugify = { object = "docs.site.slugified" }
pymdownx.superfences = {}
pymdownx.highlight.pygments_lang_class = true
pymdownx.tabbed.alternate_style = true
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one tree: where it stands there, and the text it is made of."""

    language: str
    place: str
    """Without `.md`."""
    source: str
    """Its path in the repository."""
    text: str

    @property
    def foreign(self) -> bool:
        """Whether it stands in the Korean tree in English."""
        return self.language == "ko" and not re.search("[가-힣]", pages.title(self.text, ""))


def slugified(**_: object):  # type: ignore[no-untyped-def]
    """What Zensical asks for: a function of heading and separator. Anchors are then as on the usual hosts."""
    return _slug


def _slug(heading: str, separator: str) -> str:
    return pages.slug(heading)


def trees(written: dict[str, str]) -> dict[str, dict[str, Page]]:
    """Language to place to page. A generated page of the Korean tree has the path `docs/ko/reference/...`."""
    both: dict[str, dict[str, Page]] = {language: {} for language in LANGUAGES}
    for source, text in written.items():
        language, place = placed(source)
        if source not in _HOME:
            both[language][place] = Page(language, place, source, text)
    for place, page in both["en"].items():
        both["ko"].setdefault(place, Page("ko", place, page.source, page.text))
    return both


def placed(source: str) -> tuple[str, str]:
    """The tree and the place of a page of the repository."""
    source = _HOME.get(source, source)
    if source.startswith("docs/ko/"):
        return "ko", source.removeprefix("docs/ko/").removesuffix(".md")
    return "en", source.removeprefix("docs/").removesuffix(".md").replace("README", "index").lower()


def problems(written: dict[str, str]) -> list[str]:
    """Pages that no menu leads to, and menu lines without a page."""
    english = trees(written)["en"]
    named = [place for _, places in MENU for place in places]
    lost = [p for p in english if p != "index" and not any(_matches(p, name) for name in named)]
    gone = [name for name in named if not any(_matches(p, name) for p in english)]
    strays = [p.source for p in trees(written)["ko"].values() if p.place not in english]
    return [
        *(f"{place}: no line of the menu leads there" for place in lost),
        *(f"menu: there is no page {name}" for name in gone),
        *(f"{source}: has no English page beside it" for source in strays),
    ]


def made(written: dict[str, str], folder: Path) -> int:
    """Build both trees into `folder`, which is emptied first; returns the number of pages."""
    shutil.rmtree(folder, ignore_errors=True)
    both = trees(written)
    with tempfile.TemporaryDirectory() as scratch:
        for language in LANGUAGES:
            _stage(Path(scratch) / language, both, language)
            _run(Path(scratch), language, both[language])
        shutil.copytree(Path(scratch) / "out", folder)
    for name in ("404.html", "sitemap.xml", "search.js"):
        for path in folder.rglob(name):
            path.unlink()  # of use only to a site that knows its address
    return sum(map(len, both.values()))


def _stage(folder: Path, both: dict[str, dict[str, Page]], language: str) -> None:
    for page in both[language].values():
        path = folder / f"{page.place}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(staged(page, folder, both), encoding="utf-8")
    shutil.copytree(THEME / "assets", folder / "assets")


def staged(page: Page, folder: Path, both: dict[str, dict[str, Page]]) -> str:
    """The Markdown that Zensical gets. Files that it links to are copied into `folder`."""
    up = "../" * page.place.count("/")
    other = f"{up}ko/{page.place}.html" if page.language == "en" else f"{up}../{page.place}.html"
    head = f"---\nother: {other}\nwritten: {'en' if page.foreign else page.language}\n---\n"
    text = _with_titles(_with_links(page, folder, both), page.language)
    if page.foreign:
        first, _, rest = text.partition("\n\n")
        text = f"{first}\n\n{_ONLY_ENGLISH}{rest}"
    return head + text


def _with_links(page: Page, folder: Path, both: dict[str, dict[str, Page]]) -> str:
    """The page with its links as they are in the tree; links in code stay."""
    found = {link: _moved(page, link, folder, both) for link in pages.links(page.text)}
    lines, code = [], False
    for line in page.text.split("\n"):
        code ^= line.lstrip().startswith("```")
        if not code:
            line = re.sub(r"\]\(([^()\s]+)\)", lambda m: f"]({found.get(m[1], m[1])})", line)
        lines.append(line)
    return "\n".join(lines)


def _moved(page: Page, link: str, folder: Path, both: dict[str, dict[str, Page]]) -> str:
    led = pages.target(page.source, link)
    if led is None:
        return link
    path, anchor = led
    if path.endswith(".md"):
        place = placed(path)[1]
        to, anchor = f"{place}.md", _anchor(page, place, anchor, both)
    else:
        to = f"files/{Path(path).name}"
        (folder / "files").mkdir(parents=True, exist_ok=True)
        shutil.copy(pages.ROOT / path, folder / to)
    here = posixpath.dirname(page.place)
    return posixpath.relpath(to, here or ".") + (f"#{anchor}" if anchor else "")


def _anchor(page: Page, place: str, anchor: str, both: dict[str, dict[str, Page]]) -> str:
    """Where an English page stands in the Korean tree, its links find the same heading of a Korean page."""
    there = both[page.language].get(place)
    if not anchor or there is None or not page.foreign or there.foreign:
        return anchor
    english = [pages.slug(text) for _, text in pages.headings(both["en"][place].text)]
    korean = [pages.slug(text) for _, text in pages.headings(there.text)]
    return korean[english.index(anchor)] if anchor in english and len(english) == len(korean) else anchor


def _with_titles(text: str, language: str) -> str:
    """```` ```sh analyst exit=18 ```` becomes ```` ```sh title="analyst, ends with 18" ````."""

    def titled(match: re.Match[str]) -> str:
        tongue, *words = match[2].split()
        said = []
        for word in words:
            key, _, value = word.partition("=")
            if key == "file":
                said.append(value)
            elif key == "exit":
                said.append(f"종료 코드 {value}" if language == "ko" else f"ends with {value}")
            elif word in _WORDS:
                said.append(_WORDS[word] if language == "ko" else re.sub(r"(\d)", r" \1", word))
        return f"{match[1]}{tongue}" + (f' title="{", ".join(said)}"' if said else "")

    return re.sub(r"^(\s*```)(\S+(?: .*)?)$", titled, text, flags=re.MULTILINE)


def _run(scratch: Path, language: str, tree: dict[str, Page]) -> None:
    file, out = scratch / f"{language}.toml", scratch / ("out" if language == "en" else "out/ko")
    file.write_text(_configuration(language, out, tree), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "-f", str(file), "--strict"],
        cwd=pages.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or not (out / "index.html").exists():
        said = re.sub(r"\x1b\[[0-9;]*m", "", f"{done.stdout}\n{done.stderr}")
        raise SystemExit(f"Zensical did not build the {language} tree:\n{said}")


def _configuration(language: str, out: Path, tree: dict[str, Page]) -> str:
    korean = language == "ko"
    features = ["navigation.tabs", "navigation.top", "navigation.footer", "navigation.indexes", "search.highlight", "content.code.copy", "toc.follow"]  # fmt: skip
    lines = [
        "[project]",
        f"site_name = {_quoted('달구벌' if korean else 'Dalgubeol')}",
        f"docs_dir = {_quoted(language)}",
        f"site_dir = {_quoted(out.relative_to(out.parents[out.name == 'ko']).as_posix())}",
        "use_directory_urls = false",
        f"nav = {_menu(korean, tree)}",
        f"copyright = {_quoted('Apache-2.0')}",
        'extra_css = ["assets/pages.css"]',
        'extra_javascript = ["assets/pages.js"]',
        "extra = { generator = false, alternate = true }",
        "[project.theme]",
        "font = false",
        f"language = {_quoted(language)}",
        f"custom_dir = {_quoted(str(THEME / 'overrides'))}",
        'favicon = "assets/favicon.svg"',
        'logo = "assets/favicon.svg"',
        f"features = {json.dumps(features)}",
    ]
    for media, scheme, icon, english, in_korean in (
        ("", "", "lucide/sun-moon", "Colours: as the system. Switch to light", "색상: 시스템 설정. 밝게 바꾸기"),
        (": light", "default", "lucide/sun", "Colours: light. Switch to dark", "색상: 밝게. 어둡게 바꾸기"),
        (": dark", "slate", "lucide/moon", "Colours: dark. Switch to the system's", "색상: 어둡게. 시스템 설정으로 바꾸기"),
    ):  # fmt: skip
        lines += ["[[project.theme.palette]]", f'media = "(prefers-color-scheme{media})"']
        lines += [f'scheme = "{scheme}"'] if scheme else []
        lines += [f'toggle.icon = "{icon}"', f"toggle.name = {_quoted(in_korean if korean else english)}"]
    lines += ["[project.plugins.search]"]
    return "\n".join(lines) + "\n" + _EXTENSIONS


def _menu(korean: bool, tree: dict[str, Page]) -> str:
    home = "첫 화면" if korean else "Home"
    parts = [f'{{ {_quoted(home)} = "index.md" }}']
    for titles, names in MENU:
        places = list(dict.fromkeys(place for name in names for place in tree if _matches(place, name)))
        entries = [f"{{ {_quoted(_title(tree[p]))} = {_quoted(f'{p}.md')} }}" for p in places]
        parts.append(f"{{ {_quoted(titles[korean])} = [{', '.join(entries)}] }}")
    return f"[{', '.join(parts)}]"


def _title(page: Page) -> str:
    return re.sub(r"[`*]", "", pages.title(page.text, page.place))


def _matches(place: str, name: str) -> bool:
    return place.startswith(name[:-1]) if name.endswith("*") else place == name


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
