"""Every code block of the README and the how-tos is typed on a scratch site, or is named here with a reason.

A page begins where the pages that it needs have ended, on a copy of their site. `make demo` is not run here:
`tests/journeys` plays it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doc_pages import blocks, hand_written
from doc_walk import Walk, begun, staffed, warm_dalgu

FOUND = "docs/how-to/run-a-site.md"
TUTORIAL = "docs/tutorial/ten-minutes.md"
NEEDS = {
    FOUND: None,
    "docs/how-to/serve-a-site.md": FOUND,
    "docs/how-to/sign-in.md": FOUND,
    "docs/how-to/look-after-a-site.md": FOUND,
    "docs/how-to/use-the-api.md": "docs/how-to/bring-data.md",
    "docs/how-to/back-up-and-restore.md": "docs/how-to/bring-data.md",
    "docs/how-to/bring-data.md": FOUND,
    "docs/how-to/pseudonymise-with-a-policy.md": "docs/how-to/bring-data.md",
    "docs/how-to/run-a-support-centre.md": "docs/how-to/bring-data.md",
    "docs/how-to/review-and-papers.md": "docs/how-to/bring-data.md",
    "docs/how-to/ask-for-a-permit.md": "docs/how-to/review-and-papers.md",
    "docs/how-to/analyse-and-release.md": "docs/how-to/ask-for-a-permit.md",
    "docs/how-to/try-at-home.md": "docs/how-to/ask-for-a-permit.md",
    "docs/how-to/write-a-script.md": "docs/how-to/try-at-home.md",
    "docs/how-to/take-a-model-out.md": "docs/how-to/try-at-home.md",
    "docs/how-to/bring-into-the-zone.md": "docs/how-to/try-at-home.md",
    "docs/how-to/monitor-a-plant.md": FOUND,
    "docs/how-to/run-a-plant.md": FOUND,
    "docs/how-to/link-across-organisations.md": FOUND,
    "docs/how-to/verify-the-ledger.md": "docs/how-to/bring-data.md",
    TUTORIAL: None,
    "README.md": FOUND,
}
NOT_RUN = {
    ("README.md", "make demo"): "takes minutes; tests/journeys plays the demo",
    (TUTORIAL, "make install"): "would install, and run the tests inside the tests; CI does it in a fresh clone",
    ("README.md", "dalgu serve"): "goes on until it is stopped; serve-a-site.md runs it",
    ("CONTRIBUTING.md", "make install"): "would install, and run the tests inside the tests",
    ("docs/how-to/serve-a-site.md", "sudo cp deploy/dalgu.service /etc/systemd/system/"): "no systemd runs here; tests/deploy reads the unit with systemd's own checker",
    ("docs/how-to/serve-a-site.md", "podman build -f deploy/Containerfile -t dalgubeol ."): "no containers here; tests/deploy reads the file",
    ("docs/how-to/look-after-a-site.md", "dalgu runs log RUN --follow"): "in the page's story no script runs; tests/attack/test_log_exfiltration follows some",
    (FOUND, "dalgu conduct"): "goes on until it is stopped; tests/durability runs a conductor",
    ("docs/how-to/review-and-papers.md", "dalgu review substitute REVIEW --instead-of reviewer3 --member reviewer4"): "in the page's story everybody answers; tests/journeys/test_panels seats a substitute",
    ("docs/how-to/add-a-kind.md", "dalgu count-rows claims --columns weeks --name claims-counted"): "needs the kind; test_added_kind runs it",
}  # fmt: skip
ELSEWHERE = {("docs/how-to/add-a-kind.md", "count_rows.py"): "test_added_kind"}


@pytest.fixture(scope="module")
def dalgu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with warm_dalgu(tmp_path_factory.mktemp("warm")) as typed:
        yield typed


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory, dalgu: str) -> Callable[[str], Walk]:
    """The site as it is when a page has been followed to its end; each page is followed once."""
    followed: dict[str, Walk] = {}

    def walk(page: str) -> Walk:
        if page not in followed:
            folder = tmp_path_factory.mktemp(Path(page).stem)
            before = NEEDS[page]
            here = begun(folder / "site", dalgu) if before is None else walk(before).copied(folder / "site")
            here.follow(page)
            followed[page] = staffed(here) if page == FOUND else here
        return followed[page]

    return walk


@pytest.mark.parametrize("page", NEEDS)
def test_a_reader_who_types_a_page_gets_what_it_says(page: str, after: Callable[[str], Walk]) -> None:
    assert after(page).followed > 0, "a page whose blocks are marked for nobody is never tried"


def test_the_warm_stand_in_answers_as_the_command_does(after: Callable[[str], Walk], dalgu: str) -> None:
    here = after(FOUND)
    answers = [
        subprocess.run(
            [*command.split(), *arguments],
            cwd=here.folder,
            env=here.environment("operator"),
            capture_output=True,
        )
        for command in (dalgu, f"{sys.executable} -m dalgubeol")
        for arguments in (["whoami", "--json"], ["dataset", "show", "nothing"])
    ]
    warm, cold = [[(a.returncode, a.stdout, a.stderr) for a in half] for half in (answers[:2], answers[2:])]
    assert warm == cold
    assert [code for code, _, _ in cold] == [0, 12]


def test_the_released_table_of_the_readme_holds_only_large_cells(after: Callable[[str], Walk]) -> None:
    rows = (after("README.md").folder / "out" / "weeks.csv").read_text().splitlines()[1:]
    assert len(rows) == 3
    assert all(int(row.split(",")[1]) >= 10 for row in rows)


def test_the_table_of_the_tutorial_is_what_its_page_promises(after: Callable[[str], Walk]) -> None:
    folder = after(TUTORIAL).folder
    rows = (folder / "out" / "weeks.csv").read_text().splitlines()[1:]
    assert sum(int(row.split(",")[1]) for row in rows) > 380
    assert not (folder / "tutorial-site").exists()


def test_the_gateway_of_the_page_knows_a_notice_of_ours(tmp_path: Path) -> None:
    from dalgubeol.verbs.keeping import deliver

    (block,) = [b for b in blocks("docs/how-to/look-after-a-site.md") if b.file == "gateway.py"]
    names: dict[str, Callable[..., bool]] = {}
    exec(block.text, names)
    body, at = b'{"id":"1"}', str(int(time.time()))
    signed = deliver.signature(b"a secret", at, body)
    assert names["is_ours"](b"a secret", at, signed, body)
    assert not names["is_ours"](b"another", at, signed, body)
    assert not names["is_ours"](b"a secret", at, signed, body + b" ")
    old = str(int(time.time()) - 1000)
    assert not names["is_ours"](b"a secret", old, deliver.signature(b"a secret", old, body), body)


def test_the_settings_in_the_pages_are_such_that_the_program_reads(tmp_path: Path) -> None:
    from dalgubeol.settings import served

    for name in ("privkey.pem", "fullchain.pem", "oidc.secret", "mail.secret", "webhook.secret"):
        (tmp_path / name).write_text("a secret")
        (tmp_path / name).chmod(0o600)
    found = [b for page in hand_written() for b in blocks(page) if b.language == "toml"]
    assert len(found) >= 4
    for block in found:
        if (
            block.file is block.whole is None
        ):  # others are files of their own, and are read where they are used
            served(block.text.replace("/etc/dalgubeol/", "").encode(), tmp_path)


def test_what_a_page_says_could_stand_in_its_policy_could() -> None:
    from dalgubeol.methods.privacy.policy.policy_text import parsed

    page = "docs/how-to/pseudonymise-with-a-policy.md"
    (policy,) = [b.text for b in blocks(page) if b.file == "policy.toml"]
    fragments = [b.text for b in blocks(page) if b.whole == "policy.toml"]
    assert len(fragments) == 2
    for fragment in fragments:
        lacking = [c for c in ("height", "weight") if f'"{c}"' in fragment]
        more = "".join(f'[columns.{column}]\nrole = "plain"\n' for column in lacking)
        assert parsed("\n".join([policy, fragment, more])).project == "prevention"


def test_every_block_is_run_or_named_with_a_reason() -> None:
    idle = {
        block.name
        for page in hand_written()
        for block in blocks(page)
        if not (block.runs and page in NEEDS)
        and (page, block.file) not in ELSEWHERE
        and block.language != "toml"
    }
    assert idle == set(NOT_RUN)
