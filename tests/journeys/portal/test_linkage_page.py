"""A linkage by its clerks, in real browsers at sites of their own: cards and agreement, envelopes downloaded here and
dropped there, the linkage rate, the committee's votes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dalgubeol.language import Message, word
from dalgubeol.nouns.dataset import Dataset
from dalgubeol.nouns.linkage import PartyRole
from dalgubeol.rules.linkage import Field
from dalgubeol.verbs.linkage import agreeing, ending, secrets

from ..crossing import COLUMNS, Linkage
from ..linking import EXPERTS, ITEMS, PASSWORD, persons
from ..served import serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
WAIT_MS = 60_000
SHOTS = os.environ.get("DALGU_ARTEFACTS")


class Office:
    """One person of one site at a browser of their own."""

    def __init__(self, browser: Browser, stack: ExitStack, url: str, folder: Path, login: str, language: str, **more: Any) -> None:  # fmt: skip
        width = more.pop("width", 1280)
        self.context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True, **more)  # fmt: skip
        stack.callback(self.context.close)
        self.context.set_default_timeout(WAIT_MS)
        self.context.add_cookies([{"name": "dalgu_language", "value": language, "url": url}])
        self.page, self.url, self.language, self.folder = self.context.new_page(), url, language, folder
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.goto(url + "/sign-in")
        self.page.fill("#login", login)
        self.page.fill("#password", PASSWORD)
        self.page.click("button")
        self.page.wait_for_selector(".dalgu-brand")

    def text(self, english: str, **values: object) -> str:
        return Message(english, values).text(self.language)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        self.page.wait_for_selector("h1")
        self.page.wait_for_function("() => window.did_handshake")
        return self.page

    def button(self, english: str, **values: object) -> Locator:
        return self.page.get_by_role("button", name=self.text(english, **values), exact=True).first

    def press(self, english: str, **values: object) -> None:
        self.button(english, **values).click()

    def sees(self, english: str, **values: object) -> None:
        expect(self.page.get_by_text(self.text(english, **values)).filter(visible=True).first).to_be_visible(timeout=WAIT_MS)  # fmt: skip

    def field(self, english: str, **values: object) -> Locator:
        return self.page.get_by_label(re.compile("^" + re.escape(self.text(english, **values)))).filter(visible=True).first  # fmt: skip

    def due(self, english: str) -> None:
        """The next step is this one, and it says so in the row too."""
        name = self.text("Next: {step}", step=Message(english, {}))
        expect(self.page.get_by_role("heading", name=name)).to_be_visible(timeout=WAIT_MS)
        expect(self.page.locator("[aria-current=step] .dalgu-course-name")).to_contain_text(self.text(english))  # fmt: skip

    def takes(self, english: str, **values: object) -> Path:
        """Press, and keep what is downloaded."""
        with self.page.expect_download() as coming:
            self.press(english, **values)
        target = self.folder / f"{len(list(self.folder.iterdir()))}-{coming.value.suggested_filename}"
        coming.value.save_as(target)
        return target

    def answers(self, english: str) -> None:
        self.page.get_by_role("dialog").get_by_role("button", name=self.text(english), exact=True).click()

    def drops(self, envelopes: dict[str, Path]) -> None:
        for sender, path in envelopes.items():
            box = self.page.locator(".dalgu-upload", has_text=self.text("Envelope from {party}", party=sender)).first  # fmt: skip
            box.locator("input[type=file]").set_input_files(path)
            expect(box.locator("[role=status]")).to_contain_text(self.text("{name} has arrived.", name=path.name))  # fmt: skip
        self.press("Open the envelopes" if len(envelopes) > 1 else "Open the envelope")

    def settled(self, axe: Callable[[Page], list[str]]) -> list[str]:
        """What axe-core finds once no notice covers the page: one that fades has too little contrast."""
        expect(self.page.locator(".q-notification")).to_have_count(0, timeout=WAIT_MS)
        return axe(self.page)

    def shot(self, name: str) -> None:
        assert not self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), name
        if SHOTS:
            self.page.wait_for_timeout(400)
            self.page.screenshot(path=Path(SHOTS) / f"{name}-{self.language}.png", full_page=True)


Enter = Callable[..., Office]


@pytest.fixture
def enter(linkage: Linkage, chromium: Browser, tmp_path: Path) -> Iterator[Enter]:
    """A site is served when somebody first enters it."""
    urls: dict[str, str] = {}
    with ExitStack() as servers, ExitStack() as browsers:

        def entered(site: str, login: str = "operator", language: str = "ko", **more: Any) -> Office:
            if site not in urls:
                own = linkage.folder / site
                told = {**os.environ, "DALGU_SITE": str(own / "site"), "DALGU_KEYS": str(own / "keys")}
                urls[site] = servers.enter_context(serving(told, own)).url
            folder = tmp_path / f"desk of {login} at {site}"
            folder.mkdir(exist_ok=True)
            return Office(chromium, browsers, urls[site], folder, login, language, **more)

        yield entered


def cards(linkage: Linkage, *names: str) -> list[Path]:
    made = []
    for name in names:
        made.append(linkage.folder / f"{name}.card")
        agreeing.card(*linkage.at(name), linkage="injuries", name=name, role=PartyRole(linkage.roles[name]), to=made[-1])  # fmt: skip
    return made


def agree(firm: Office, linkage: Linkage) -> None:
    """The firm makes its card, drafts, signs and takes up on pages; the others are carried the file."""
    page = firm.open("/linkages")
    firm.sees("This site has agreed to no linkage yet.")
    page.get_by_role("link", name=firm.text("Begin a linkage")).click()
    page.wait_for_url("**/linkages/begin")
    firm.field("Name of the linkage").fill("injuries")
    firm.field("What your organisation is called in it").fill("firm")
    firm.shot("begin")
    own = firm.takes("Make the card")
    others = cards(linkage, "insurer", "keys", "expert")
    page = firm.open("/linkages/draft")
    page.locator("input[type=file]").set_input_files([own, *others[:-1]])
    firm.sees("Still lacking: {roles}.", roles=word(PartyRole.EXPERT_AGENCY, firm.language))
    page.locator("input[type=file]").set_input_files(others[-1:])
    expect(page.locator("tbody tr", has_text="expert org")).to_be_visible()
    expect(firm.field("Which applicant issues the salt?")).to_have_value("firm")
    firm.field("Name of the linkage").fill("injuries")
    firm.field("What for, in your own words?").fill("Which work injures whom")
    names = page.get_by_label(re.compile("^" + re.escape(firm.text("What it is called"))))
    for place, (name, how) in enumerate(ITEMS.items()):
        if place >= names.count():
            firm.press("One more key item")
            expect(names).to_have_count(place + 1)
        names.nth(place).fill(name)
        page.locator("fieldset.dalgu-inside select").nth(place).select_option(how)
    firm.shot("draft")
    document = firm.takes("Draft the agreement")
    page = firm.open("/linkages/agreement")
    page.locator("input[type=file]").set_input_files(document)
    firm.press("Sign it for this site")
    with page.expect_download() as coming:
        firm.answers("Sign")
    coming.value.save_as(linkage.folder / "agreement.json")
    for name in ("insurer", "keys", "expert"):
        agreeing.sign(*linkage.at(name), linkage.folder / "agreement.json")
    for name in ("insurer", "keys", "expert"):
        agreeing.take_up(*linkage.at(name), linkage.folder / "agreement.json")
    page.locator("input[type=file]").set_input_files(linkage.folder / "agreement.json")
    firm.sees("All have signed. Take it up: from then on this site sends and receives under it.")
    firm.shot("agreement")
    firm.press("Take it up")
    page.wait_for_url("**/linkages/injuries")


def keys(firm: Office, linkage: Linkage) -> dict[str, Path]:
    """Salt across, keys made on either side; the envelopes for the key agency."""
    page = firm.page
    firm.due("Make this site's own secret")
    firm.press("Make the secret")
    firm.due("Hand the salt to the other applicants")
    salt = firm.takes("Seal {what} for {party}", what=Message("salt", {}, "Content"), party="insurer")
    linkage.receive("insurer", salt)
    secrets.make_secret(*linkage.at("insurer"), "injuries")
    inputs = {"data": "people", "agreement": "injuries", "secret": "injuries-secret"}
    linkage.done("insurer", "link-keys", inputs, columns=COLUMNS["insurer"], name="keys")
    firm.due("Make keys and serial numbers")
    option = page.locator("option", has_text="people").first.inner_text()
    firm.field("The table of persons").select_option(label=option)
    expect(firm.field("Column of the key item '{item}'", item="born")).to_have_value("born")
    firm.shot("keys")
    firm.press("Make keys and serial numbers")
    firm.due("Send the keys to the key agency")
    sent = firm.takes("Seal {what} for {party}", what=Message("keys", {}, "Content"), party="keys")
    firm.due("Receive the linkage rate")
    return {"firm": sent, "insurer": linkage.post("insurer", "keys", "keys")}


def match(agency: Office, linkage: Linkage, sent: dict[str, Path]) -> Path:
    """The key agency on its page; what the firm is told."""
    agency.open("/linkages/injuries")
    agency.due("Receive the keys of all applicants")
    agency.press("Open the envelopes")
    agency.sees("Choose the envelope first.")
    agency.drops(sent)
    agency.due("Find which serial numbers belong together")
    agency.press("Find which serial numbers belong together")
    agency.due("Tell each applicant its linkage rate")
    agency.sees("Linkage rate of {name}: {rate} %.", name="firm", rate="66.67")
    agency.shot("match")
    what = Message("told", {}, "Content")
    told = {party: agency.takes("Seal {what} for {party}", what=what, party=party) for party in sent}
    linkage.receive("insurer", told["insurer"])
    agency.due("Send the pairs, once the applicants wish to go on")
    linkage.receive("expert", agency.takes("Seal {what} for {party}", what=Message("pairs", {}, "Content"), party="expert"))  # fmt: skip
    agency.due("Destroy what was only for the linkage")
    return told["firm"]


def decide(enter: Enter, axe: Callable[[Page], list[str]]) -> Path:
    """The expert agency calls its committee, two of three let the result out; the envelope for the firm."""
    expert = enter("expert")
    page = expert.open("/linkages/injuries")
    expert.due("Review by the export committee")
    for login, field in EXPERTS.items():
        page.get_by_label(re.compile(f"^{login}")).select_option(field)
    page.get_by_label(re.compile("^partisan")).select_option(Field.LAW.value)
    expert.press("Call the committee")
    expect(page.get_by_role("alertdialog")).to_contain_text("person-")  # the partisan has an interest
    page.get_by_role("alertdialog").get_by_role("button").click()
    page.get_by_label(re.compile("^partisan")).select_option("")
    expert.press("Call the committee")
    expect(page.get_by_text(expert.text("Not decided yet."))).to_be_visible()
    expect(expert.button("It may leave")).to_have_count(0)  # who called it is no member
    for login in ("lawyer", "doctor"):
        member = enter("expert", login)
        member.open("/notices")
        member.page.get_by_role("link", name=re.compile(re.escape(member.text("You are a member of an export committee. Your vote is asked for.")))).first.click()  # fmt: skip
        member.due("Review by the export committee")
        member.field("Why").fill("여럿 가운데 아무도 드러나지 않습니다")
        member.shot(f"vote-{login}")
        assert member.settled(axe) == []
        member.press("It may leave")
        member.answers("Sign")
        member.sees("Your word is recorded.")
        assert member.faults == []
    expert.due("Send the result to the applicants")
    expert.sees("Approved.")
    expert.shot("approved")
    return expert.takes("Seal {what} for {party}", what=Message("result", {}, "Content"), party="firm")


def test_clerks_agree_send_receive_see_their_rate_and_a_committee_lets_the_result_out(
    enter: Enter, linkage: Linkage, axe: Callable[[Page], list[str]]
) -> None:
    linkage.bring({"firm": persons(30, 0, 0), "insurer": persons(30, 10, 1)})
    firm = enter("firm")
    agree(firm, linkage)
    told = match(enter("keys"), linkage, keys(firm, linkage))
    firm.drops({"keys": told})
    firm.sees("Linkage rate: {rate} %.", rate="66.67")
    firm.due("Pseudonymise the numbered table")
    firm.shot("rate")
    assert firm.settled(axe) == []

    linkage.receive(
        "expert", *(linkage.payload(name, numbered(linkage, name)) for name in ("firm", "insurer"))
    )
    joined = {"payloads": "injuries-payload", "pairs": "injuries-pairs", "agreement": "injuries"}
    linkage.done("expert", "link-join", joined, name="linked")
    result = decide(enter, axe)
    firm.due("Receive the result")  # the page has gone on by itself
    firm.drops({"expert": result})
    firm.due("Destroy what was only for the linkage")
    firm.press("Destroy and end")
    firm.answers("Destroy and end")
    firm.sees("This linkage has ended here")
    firm.shot("ended")
    assert {d.name for d in here(linkage, "firm")} == {"injuries", "injuries-received"}
    assert firm.faults == []


def here(linkage: Linkage, name: str) -> tuple[Dataset, ...]:
    return ending.belongings(linkage.at(name)[0], "injuries")


def numbered(linkage: Linkage, name: str) -> str:
    """What is pseudonymised next; by the verbs, for the wizard has tests of its own."""
    return next(d.id for d in here(linkage, name) if agreeing.marked(d).get("content") == "numbered")


@pytest.mark.parametrize(("language", "width", "scheme"), [("en", 1280, "light"), ("ko", 390, "dark")])
def test_what_the_tolerant_mode_gives_away_is_shown_before_it_is_chosen(
    enter: Enter, linkage: Linkage, axe: Callable[[Page], list[str]], language: str, width: int, scheme: str
) -> None:
    firm = enter("firm", language=language, width=width, color_scheme=scheme)
    made = cards(linkage, "firm", "insurer", "keys", "expert")
    page = firm.open("/linkages/draft")
    page.locator("input[type=file]").set_input_files(made)
    firm.press("Draft the agreement")
    expect(firm.field("Name of the linkage")).to_have_attribute("aria-invalid", "true")
    firm.field("Name of the linkage").fill("injuries")
    firm.field("What for, in your own words?").fill("Which work injures whom")
    firm.field("Way of comparing").select_option("tolerant")
    firm.sees("an attacker who")
    firm.sees("also knows whose {count} of the encodings are", count=400)
    firm.press("Draft the agreement")
    firm.sees("Read the measured risk, and say that you choose it.")
    firm.shot(f"tolerant-{width}")
    assert axe(page) == []
    firm.field("We have read the risk, and choose this way of comparing").check()
    document = firm.takes("Draft the agreement")
    assert json.loads(document.read_text())["agreement"]["terms"]["mode"] == "tolerant"
    for path in ("/linkages", "/linkages/begin", "/linkages/agreement"):
        firm.open(path)
        assert axe(page) == []
    assert firm.faults == []
