"""The Python door: a site as a program sees it.

    import dalgubeol

    site = dalgubeol.open("mysite")
    site.sign_in("kim", password)
    claims = site.add("claims.csv", sensitivity="personal")
    site.open_project("p1", purpose="statistics", reason="how long people are off work", until="2029-12-31")
    run = site.run("pseudonymise", data="claims", parameters={"project": "p1", "quasi": ["age"]})
    site.get("weeks", "out")                # files of what is public, released or one's own

Everything here calls the same verbs as the command line does, and is refused by the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..kinds.safe_files import Method
from ..nouns.dataset import Dataset, Form, Sensitivity
from ..nouns.permit import Conditions, Permit, Purpose, Verdict
from ..nouns.project import Basis, Project, ProjectPart
from ..nouns.run import Run
from ..settings import Settings
from ..verbs.airlock import review, safe_versions
from ..verbs.datasets import register
from ..verbs.history import prove
from ..verbs.house.house import House, open_house
from ..verbs.people import people
from ..verbs.permits import grant, pledges
from ..verbs.permits.applications import Asked
from ..verbs.projects import projects
from ..verbs.runs import conduct, submit
from ..world.identity import Person, SignedIn
from ..world.store.reviews import Review


class Site:
    """An opened site. Use it as a context, or call `close()`."""

    def __init__(self, house: House) -> None:
        self._house = house

    def close(self) -> None:
        self._house.close()

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @property
    def who(self) -> SignedIn:
        """Who is signed in. Raises Refused where nobody is."""
        return people.signed_in(self._house)

    def sign_in(self, login: str, password: str) -> Person:
        return people.sign_in(self._house, login, password)

    def sign_out(self) -> None:
        people.sign_out(self._house)

    def add(
        self, path: str | Path, name: str | None = None, *, form: str = "table", sensitivity: str = "internal",
        trade_secret: bool = False, about: Mapping[str, object] | None = None,
    ) -> Dataset:  # fmt: skip
        """Register a file as a Dataset."""
        file = Path(path)
        return register.add(
            self._house, self.who, file, name=name or file.stem, form=Form(form),
            sensitivity=Sensitivity(sensitivity), trade_secret=trade_secret, about=about,
        )  # fmt: skip

    def datasets(self) -> tuple[Dataset, ...]:
        return register.listed(self._house, self.who.actor)

    def get(self, name: str, folder: str | Path) -> tuple[Path, ...]:
        """Write what may leave as files."""
        return register.hand_out(self._house, self.who, name, Path(folder))

    def destroy(self, name: str) -> Dataset:
        return register.destroy(self._house, self.who, name)

    def run(
        self,
        kind: str,
        inputs: Mapping[str, str],
        parameters: Mapping[str, Any] | None = None,
        *,
        seed: int = 0,
        on_change: Callable[[Run], None] = lambda run: None,
    ) -> Run:
        """Run a kind and wait for its end. A failed Run is an answer (`run.fault`), not an exception."""
        queued = self.submit(kind, inputs, parameters, seed=seed)
        return conduct.run_to_end(self._house, queued.id, on_change)

    def submit(
        self,
        kind: str,
        inputs: Mapping[str, str],
        parameters: Mapping[str, Any] | None = None,
        *,
        seed: int = 0,
    ) -> Run:
        """Queue a Run and return at once."""
        return submit.submit(self._house, self.who.actor, kind, inputs, parameters, seed)

    def open_project(
        self, name: str, *, purpose: str, reason: str, until: str, basis: str = "28-2", evidence: str = "",
        keep_mapping: bool = False, people: Mapping[str, Sequence[str]] | None = None, **said: Any,
    ) -> Project:  # fmt: skip
        """Say what persons' data is pseudonymised for, and by whom (`people`: part to logins); `said` are items,
        environment, recipients, provider and processor."""
        parts = {ProjectPart(part): logins for part, logins in (people or {}).items()}
        return projects.open_(
            self._house, self.who, name=name, purpose=Purpose(purpose), reason=reason, until=until, basis=Basis(basis),
            evidence=evidence, keep_mapping=keep_mapping, people=parts, **said,
        )  # fmt: skip

    def projects(self) -> tuple[Project, ...]:
        return projects.listed(self._house, self.who)

    def take_part(self, project: str, person: str, part: str) -> Project:
        """Name one more person in a project."""
        return projects.take_part(self._house, self.who, project, person, ProjectPart(part))

    def runs(self, limit: int = 1000) -> tuple[Run, ...]:
        return submit.listed(self._house, self.who.actor, limit=limit)

    def cancel(self, run: str) -> Run:
        return submit.cancel(self._house, self.who.actor, run)

    def request(
        self, kinds: list[str], datasets: list[str], *, purpose: str, reason: str, until: str | None = None,
        evidence: str = "", conditions: Conditions | None = None, asked: Asked | None = None,
    ) -> Permit:  # fmt: skip
        """Ask for a Permit for oneself and those whom one names; without `until` it ends as the site's settings say."""
        return grant.request(
            self._house, self.who, kinds=kinds, names=datasets, purpose=Purpose(purpose), reason=reason,
            until=until, evidence=evidence, conditions=conditions, asked=asked,
        )  # fmt: skip

    def sign_pledge(self, permit: str, language: str) -> Permit:
        """Sign the pledge that goes with a Permit, as it reads in that language (`verbs.permits.pledges.text_of`)."""
        return pledges.sign(self._house, self.who, permit, language)

    def permits(self) -> tuple[Permit, ...]:
        return grant.listed(self._house)

    def decide(self, permit: str, verdict: str, comment: str = "") -> Permit:
        return grant.decide(self._house, self.who, permit, Verdict(verdict), comment)

    def airlock(self) -> tuple[Review, ...]:
        return review.waiting(self._house, self.who.actor)

    def vote(self, run: str, approve: bool, comment: str = "") -> Review:
        return review.vote(self._house, self.who, run, approve, comment)

    def take_safe_version(self, run: str, method: str) -> Run:
        """Submit a safe version (`rounded` or `suppressed`) of one's own held files instead of them, and wait."""
        made = safe_versions.take(self._house, self.who, run, Method(method))
        return conduct.run_to_end(self._house, made.id)

    def export_ledger(self, path: str | Path) -> int:
        return prove.export(self._house, Path(path))


def open_site(site: str | Path | None = None) -> Site:
    """The site in a folder; `DALGU_SITE` or `./site` if none is named."""
    settings = Settings.from_environment()
    return Site(open_house(settings if site is None else replace(settings, site=Path(site))))
