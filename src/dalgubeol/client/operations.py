"""The operations of the API, each a method. Made by `tools/client.py` from the API's document: change that, not this."""

# ruff: noqa
# fmt: off

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from .answers import (
    Accident, AccidentShown, Account, AgreementShown, Brought, CardMade, Checked, Checkpoint, CommitteeShown, Copy, Dataset, Destruction, Difference, Entry, Erased, FactorBegun, File, FormShown, Guessed, HierarchyChecked, Invitation, KeyEdition, KindShown, LinkageLine, LinkageShown, Me, Numbers, OpenInvitation, PageOfDataset, PageOfDestruction, PageOfEntry, PageOfPermit, PageOfPerson, PageOfProject, PageOfRecordShown, PageOfRunEntry, PageOfRun, PageOfWaiting, Panel, Permit, Person, PledgeShown, PolicyChecked, PolicyDrafted, PolicyWhole, Project, ProjectShown, Proposal, RecoveryCodes, Restoration, Run, Session, Site, Token, TokenMade, Upload, VerifierKey, Vote, Waiting, dalgubeol__doors__api__people__Ended, dalgubeol__verbs__linkage__ending__Ended,
)
from .choices import (
    Answer, Basis, Change, DatasetState, Event, Field, Finding, Form, Grant, Method, PanelKind, PartyRole, PermitState, ProjectPart, ProjectState, Purpose, ReviewState, Role, RunState, Scope, Sensitivity, What,
)
from .line import Line, MadeFile


def _part(text: str) -> str:
    return quote(text, safe="")


class Operations:
    """Every operation raises DalguError of the family that the site says."""

    _line: Line

    def add_to_project(self, project: str, person: str, part: ProjectPart) -> Project:
        """Name one more person."""
        return cast("Project", self._line.call("POST", f"/projects/{_part(project)}/people", None, {"person": person, "part": part}))

    def answer_for_copy(self, copy: str, answer: Answer) -> Copy:
        """Say what became of a copy that you took out."""
        return cast("Copy", self._line.call("POST", f"/accidents/copies/{_part(copy)}/answer", None, {"answer": answer}))

    def ask_restoring(self, dataset: str, reason: str) -> Restoration:
        """Ask, with your signature, to undo the pseudonyms of a Dataset; a second person confirms."""
        return cast("Restoration", self._line.call("POST", "/restorations", None, {"dataset": dataset, "reason": reason}))

    def begin_factor(self, password: str, *, code: str | None = None) -> FactorBegun:
        """Begin with a second factor: what a phone must learn, shown this once."""
        return cast("FactorBegun", self._line.call("POST", "/me/factor", None, {"password": password, "code": code}))

    def begin_upload(self, name: str, size_bytes: int, *, digest: str | None = None) -> Upload:
        """Announce a file that is to be sent."""
        return cast("Upload", self._line.call("POST", "/uploads", None, {"name": name, "size_bytes": size_bytes, "digest": digest}))

    def bring_in(self, permit: str, uploads: list[str], context: str) -> Run:
        """Offer files under a Permit: they are scanned by the Run that this answers, and wait for two reviewers."""
        return cast("Run", self._line.call("POST", "/airlock/bring-in", None, {"permit": permit, "uploads": uploads, "context": context}))

    def cancel_run(self, run: str) -> Run:
        """Stop a Run; what it made is thrown away."""
        return cast("Run", self._line.call("POST", f"/runs/{_part(run)}/cancel"))

    def cast_vote(self, run: str, approve: bool, *, comment: str | None = None, files: dict[str, dict[str, Any]] | None = None) -> Waiting:
        """Vote, with your signature, for exactly the files that wait."""
        return cast("Waiting", self._line.call("POST", f"/airlock/{_part(run)}/votes", None, {"approve": approve, "comment": comment, "files": files}))

    def change_password(self, password: str, new: str, *, code: str | None = None) -> dalgubeol__doors__api__people__Ended:
        """Another password. All other sessions end, and the tokens that can sign."""
        return cast("dalgubeol__doors__api__people__Ended", self._line.call("POST", "/me/password", None, {"password": password, "new": new, "code": code}))

    def change_roles(self, person: str, roles: list[Role]) -> Person:
        """Give somebody other roles, with your signature: a token also needs the scope `sign`."""
        return cast("Person", self._line.call("POST", f"/people/{_part(person)}/roles", None, {"roles": roles}))

    def check_hierarchy(self, dataset: str, column: str, file: str, text: str) -> HierarchyChecked:
        """Look at a hierarchy file beside a column: whether it is a tree and knows every value of the first rows."""
        return cast("HierarchyChecked", self._line.call("POST", "/policies/hierarchy", None, {"dataset": dataset, "column": column, "file": file, "text": text}))

    def check_ledger(self) -> Checked:
        """Recompute the whole tree from its Records; one at a time."""
        return cast("Checked", self._line.call("POST", "/ledger/check"))

    def check_policy(self, dataset: str, policy: str, *, files: dict[str, str] | None = None) -> PolicyChecked:
        """Try a policy on the first rows of a table, without making anything. Hierarchies stand in it as `csv`, or as."""
        return cast("PolicyChecked", self._line.call("POST", "/policies/check", None, {"dataset": dataset, "policy": policy, "files": files}))

    def close_accident(self, accident: str) -> Accident:
        """Close it, when everything is destroyed, confirmed and accounted for."""
        return cast("Accident", self._line.call("POST", f"/accidents/{_part(accident)}/close"))

    def close_account(self, person: str) -> Person:
        """Close an account for good, with your signature: a token also needs the scope `sign`."""
        return cast("Person", self._line.call("POST", f"/people/{_part(person)}/close"))

    def close_project(self, project: str) -> Project:
        """Close it: nothing new is pseudonymised under it."""
        return cast("Project", self._line.call("POST", f"/projects/{_part(project)}/close"))

    def close_review(self, review: str, minutes: str) -> Panel:
        """Close it with its minutes; the decision follows from what was said."""
        return cast("Panel", self._line.call("POST", f"/reviews/{_part(review)}/close", None, {"minutes": minutes}))

    def confirm_copy(self, copy: str) -> Copy:
        """Confirm that a copy is accounted for."""
        return cast("Copy", self._line.call("POST", f"/accidents/copies/{_part(copy)}/accounted"))

    def confirm_destruction(self, entry: str) -> Destruction:
        """Confirm that it is gone, backups included: another person than who did it."""
        return cast("Destruction", self._line.call("POST", f"/destructions/{_part(entry)}/confirm"))

    def confirm_factor(self, code: str) -> RecoveryCodes:
        """Put it in use with the code that the phone shows."""
        return cast("RecoveryCodes", self._line.call("POST", "/me/factor/confirm", None, {"code": code}))

    def confirm_restoring(self, restoration: str) -> Run:
        """Confirm it with your signature: the Run is queued."""
        return cast("Run", self._line.call("POST", f"/restorations/{_part(restoration)}/confirm"))

    def convene_committee(self, dataset: str, members: dict[str, Field]) -> CommitteeShown:
        """Call the export committee: three to seven experts (login to field) without an interest in it."""
        return cast("CommitteeShown", self._line.call("POST", f"/linkages/results/{_part(dataset)}/committee", None, {"members": members}))

    def destroy_after_accident(self, accident: str) -> Accident:
        """Destroy the data and everything that was made from it."""
        return cast("Accident", self._line.call("POST", f"/accidents/{_part(accident)}/destroy"))

    def destroy_dataset(self, dataset: str) -> Dataset:
        """Destroy a Dataset for good: its key, then its bytes. Nobody can bring it back."""
        return cast("Dataset", self._line.call("DELETE", f"/datasets/{_part(dataset)}"))

    def destroy_project_key(self, project: str, edition: int, reason: str) -> Destruction:
        """Destroy one edition of a project's key, for good."""
        return cast("Destruction", self._line.call("POST", f"/projects/{_part(project)}/key/destroy", None, {"edition": edition, "reason": reason}))

    def dismiss_accident(self, accident: str) -> Accident:
        """Nobody was identified after all: the data may be used again."""
        return cast("Accident", self._line.call("POST", f"/accidents/{_part(accident)}/unfounded"))

    def draft_agreement(self, terms: dict[str, Any], cards: list[str]) -> AgreementShown:
        """Put terms and the cards of all parties together. A refusal names everything that speaks against it."""
        return cast("AgreementShown", self._line.call("POST", "/linkages/drafts", None, {"terms": terms, "cards": cards}))

    def draft_policy(self, dataset: str, project: str) -> PolicyDrafted:
        """Propose a policy for a table that you may pseudonymise: read it and change it."""
        return cast("PolicyDrafted", self._line.call("POST", "/policies/draft", None, {"dataset": dataset, "project": project}))

    def drop_upload(self, upload: str) -> None:
        """Give it up; what arrived is thrown away."""
        self._line.call("DELETE", f"/uploads/{_part(upload)}")

    def end_factor(self, password: str, *, code: str | None = None) -> None:
        """Do without a second factor from now on."""
        self._line.call("POST", "/me/factor/end", None, {"password": password, "code": code})

    def end_other_sessions(self) -> dalgubeol__doors__api__people__Ended:
        """Sign out everywhere else."""
        return cast("dalgubeol__doors__api__people__Ended", self._line.call("DELETE", "/sessions/others"))

    def end_token(self, token: str) -> None:
        """End a token of yours at once."""
        self._line.call("DELETE", f"/tokens/{_part(token)}")

    def erase_due(self) -> Erased:
        """Erase the contents of Records whose retention has ended. Their lines stay."""
        return cast("Erased", self._line.call("POST", "/ledger/erase"))

    def explain_files(self, run: str, files: dict[str, dict[str, Any]]) -> Waiting:
        """Say of your files why they are to leave; once each has its word the reviewers are asked."""
        return cast("Waiting", self._line.call("POST", f"/airlock/{_part(run)}/contexts", None, {"files": files}))

    def extend_project(self, project: str, until: str) -> Project:
        """Change the end of the processing period."""
        return cast("Project", self._line.call("POST", f"/projects/{_part(project)}/extend", None, {"until": until}))

    def finish_linkage(self, linkage: str) -> dalgubeol__verbs__linkage__ending__Ended:
        """End it here: destroy, for good, what was only needed for it."""
        return cast("dalgubeol__verbs__linkage__ending__Ended", self._line.call("POST", f"/linkages/{_part(linkage)}/finish"))

    def grant_permit(self, permit: str, *, comment: str | None = None) -> Permit:
        """Grant it, with your signature."""
        return cast("Permit", self._line.call("POST", f"/permits/{_part(permit)}/grant", None, {"comment": comment}))

    def invite_person(self, login: str, organisation: str, roles: list[Role], *, name: str | None = None) -> Invitation:
        """Invite somebody; the code works once."""
        return cast("Invitation", self._line.call("POST", "/invitations", None, {"login": login, "organisation": organisation, "roles": roles, "name": name}))

    def join_site(self, code: str, password: str) -> Person:
        """Join with an invitation and a password of one's own."""
        return cast("Person", self._line.call("POST", "/people", None, {"code": code, "password": password}))

    def judge_result(self, dataset: str, stand: str, *, comment: str | None = None) -> CommitteeShown:
        """Say, with your signature, whether it leaves, or step back from the committee."""
        return cast("CommitteeShown", self._line.call("POST", f"/linkages/results/{_part(dataset)}/judgements", None, {"stand": stand, "comment": comment}))

    def list_accidents(self) -> list[Accident]:
        """Accidents that concern you, the newest first."""
        return cast("list[Accident]", self._line.call("GET", "/accidents"))

    def list_airlock(self, *, state: ReviewState | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfWaiting:
        """What is or was in the airlock, the newest first: reviewers and operators see all, others their own."""
        return cast("PageOfWaiting", self._line.call("GET", "/airlock", {"state": state, "cursor": cursor, "limit": limit}))

    def list_airlock_files(self, run: str) -> list[File]:
        """The files that wait, for a reviewer who may vote on them. Each look is a Record."""
        return cast("list[File]", self._line.call("GET", f"/airlock/{_part(run)}/files"))

    def list_brought(self, permit: str) -> list[Brought]:
        """What was brought into the zone under it: names and digests, for who works under it, reviewers and operators."""
        return cast("list[Brought]", self._line.call("GET", f"/permits/{_part(permit)}/brought"))

    def list_dataset_files(self, dataset: str) -> list[File]:
        """What is in an archive, where its content may be handed to you."""
        return cast("list[File]", self._line.call("GET", f"/datasets/{_part(dataset)}/files"))

    def list_datasets(self, *, form: Form | None = None, sensitivity: Sensitivity | None = None, state: DatasetState | None = None, owner: str | None = None, text: str | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfDataset:
        """The papers of all Datasets, the newest first."""
        return cast("PageOfDataset", self._line.call("GET", "/datasets", {"form": form, "sensitivity": sensitivity, "state": state, "owner": owner, "text": text, "cursor": cursor, "limit": limit}))

    def list_destructions(self, *, project: str | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfDestruction:
        """What of the register of destruction concerns you, the newest first."""
        return cast("PageOfDestruction", self._line.call("GET", "/destructions", {"project": project, "cursor": cursor, "limit": limit}))

    def list_forms(self) -> list[FormShown]:
        """The forms that there are today, each with its edition."""
        return cast("list[FormShown]", self._line.call("GET", "/papers"))

    def list_invitations(self) -> list[OpenInvitation]:
        """Who is invited and has not joined yet."""
        return cast("list[OpenInvitation]", self._line.call("GET", "/invitations"))

    def list_kinds(self) -> list[KindShown]:
        """All kinds that can be run here."""
        return cast("list[KindShown]", self._line.call("GET", "/kinds"))

    def list_linkages(self) -> list[LinkageLine]:
        """The linkages of this site that you may look at, the newest first: as an operator, as a provider who takes part,."""
        return cast("list[LinkageLine]", self._line.call("GET", "/linkages"))

    def list_open_datasets(self, *, text: str | None = None, limit: int | None = None) -> list[Dataset]:
        """What everybody may have, the newest first."""
        return cast("list[Dataset]", self._line.call("GET", "/open-datasets", {"text": text, "limit": limit}))

    def list_people(self, *, cursor: str | None = None, limit: int | None = None) -> PageOfPerson:
        """Everybody who has joined, in that order."""
        return cast("PageOfPerson", self._line.call("GET", "/people", {"cursor": cursor, "limit": limit}))

    def list_permits(self, *, state: PermitState | None = None, mine: bool | None = None, dataset: str | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfPermit:
        """Permits and where they stand, the newest first."""
        return cast("PageOfPermit", self._line.call("GET", "/permits", {"state": state, "mine": mine, "dataset": dataset, "cursor": cursor, "limit": limit}))

    def list_projects(self, *, state: ProjectState | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfProject:
        """The projects that concern you, the newest first."""
        return cast("PageOfProject", self._line.call("GET", "/projects", {"state": state, "cursor": cursor, "limit": limit}))

    def list_records(self, *, about: str | None = None, event: Event | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfRecordShown:
        """Records in their order. With `event`, a page may hold few, and have a next one."""
        return cast("PageOfRecordShown", self._line.call("GET", "/ledger/records", {"about": about, "event": event, "cursor": cursor, "limit": limit}))

    def list_register(self, *, text: str | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfEntry:
        """The public register: every Permit that was asked for, whatever came of it, the newest first. It names no person."""
        return cast("PageOfEntry", self._line.call("GET", "/register", {"text": text, "cursor": cursor, "limit": limit}))

    def list_register_runs(self, *, text: str | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfRunEntry:
        """The public register of Runs: every one, the newest first. It names no person and holds nothing they typed."""
        return cast("PageOfRunEntry", self._line.call("GET", "/register/runs", {"text": text, "cursor": cursor, "limit": limit}))

    def list_restorations(self) -> list[Restoration]:
        """What your organisation asked to restore, the newest first."""
        return cast("list[Restoration]", self._line.call("GET", "/restorations"))

    def list_reviews(self, *, project: str | None = None) -> list[Panel]:
        """The reviews that concern you, the newest first."""
        return cast("list[Panel]", self._line.call("GET", "/reviews", {"project": project}))

    def list_runs(self, *, state: RunState | None = None, kind: str | None = None, mine: bool | None = None, cursor: str | None = None, limit: int | None = None) -> PageOfRun:
        """Runs, the newest first. Parameters of others' Runs stay theirs."""
        return cast("PageOfRun", self._line.call("GET", "/runs", {"state": state, "kind": kind, "mine": mine, "cursor": cursor, "limit": limit}))

    def list_safe_versions(self, run: str) -> list[Proposal]:
        """Safe versions of what the checks hold of a Run: the methods, and how many numbers are left empty."""
        return cast("list[Proposal]", self._line.call("GET", f"/airlock/{_part(run)}/safe-versions"))

    def list_sessions(self) -> list[Session]:
        """Where you are signed in."""
        return cast("list[Session]", self._line.call("GET", "/sessions"))

    def list_tokens(self) -> list[Token]:
        """Your tokens, the newest first."""
        return cast("list[Token]", self._line.call("GET", "/tokens"))

    def list_uploads(self) -> list[Upload]:
        """One's own uploads that are not registered yet."""
        return cast("list[Upload]", self._line.call("GET", "/uploads"))

    def look_at_agreement(self, documents: list[str]) -> AgreementShown:
        """What stands in copies of one agreement, and who has signed any of them. Nothing is kept."""
        return cast("AgreementShown", self._line.call("POST", "/linkages/looks", None, {"documents": documents}))

    def make_card(self, linkage: str, name: str, role: PartyRole) -> CardMade:
        """Make this site's card: its role in a linkage, and its keys. A new one replaces the one before."""
        return cast("CardMade", self._line.call("POST", "/linkages/cards", None, {"linkage": linkage, "name": name, "role": role}))

    def make_linkage_secret(self, linkage: str) -> Dataset:
        """Make what this site alone knows: its salt, seed or exponent. Nobody is ever shown it."""
        return cast("Dataset", self._line.call("POST", f"/linkages/{_part(linkage)}/secret"))

    def make_paper(self, form: str, subject: str, *, type: str | None = None, language: str | None = None, answers: dict[str, Any] | None = None) -> MadeFile:
        """One paper."""
        return self._line.file("POST", f"/papers/{_part(form)}/{_part(subject)}", None, {"type": type, "language": language, "answers": answers})

    def make_token(self, name: str, scopes: list[Scope], *, days: int | None = None) -> TokenMade:
        """A token for programs. Only whoever is signed in makes one."""
        return cast("TokenMade", self._line.call("POST", "/tokens", None, {"name": name, "scopes": scopes, "days": days}))

    def measure_risk(self, terms: dict[str, Any]) -> list[Guessed]:
        """What an attacker would guess from the encodings that such terms ask for, on made-up persons; nothing where."""
        return cast("list[Guessed]", self._line.call("POST", "/linkages/risk", None, {"terms": terms}))

    def open_project(self, name: str, purpose: Purpose, reason: str, until: str, *, basis: Basis | None = None, evidence: str | None = None, items: list[str] | None = None, environment: str | None = None, recipients: list[str] | None = None, provider: str | None = None, processor: str | None = None, keep_mapping: bool | None = None, people: dict[str, list[str]] | None = None) -> Project:
        """Say what persons' data is pseudonymised for, on which basis, until when and by whom."""
        return cast("Project", self._line.call("POST", "/projects", None, {"name": name, "purpose": purpose, "reason": reason, "until": until, "basis": basis, "evidence": evidence, "items": items, "environment": environment, "recipients": recipients, "provider": provider, "processor": processor, "keep_mapping": keep_mapping, "people": people}))

    def open_review(self, kind: PanelKind, project: str, dataset: str, members: list[str], *, answers: dict[str, Any] | None = None) -> Panel:
        """Ask a panel for a review of the risk or of adequacy."""
        return cast("Panel", self._line.call("POST", "/reviews", None, {"kind": kind, "project": project, "dataset": dataset, "members": members, "answers": answers}))

    def receive_envelopes(self, uploads: list[str], *, name: str | None = None) -> Dataset:
        """Open envelopes of one content that were uploaded whole, and keep what is in them as one Dataset."""
        return cast("Dataset", self._line.call("POST", "/linkages/arrivals", None, {"uploads": uploads, "name": name}))

    def refuse_permit(self, permit: str, *, comment: str | None = None) -> Permit:
        """Refuse it, with your signature."""
        return cast("Permit", self._line.call("POST", f"/permits/{_part(permit)}/refuse", None, {"comment": comment}))

    def register_dataset(self, upload: str, name: str, *, form: Form | None = None, sensitivity: Sensitivity | None = None, trade_secret: bool | None = None, about: dict[str, Any] | None = None) -> Dataset:
        """Register an upload that is whole. Tables and series are read through before anything is kept."""
        return cast("Dataset", self._line.call("POST", "/datasets", None, {"upload": upload, "name": name, "form": form, "sensitivity": sensitivity, "trade_secret": trade_secret, "about": about}))

    def remove_from_project(self, project: str, person: str, part: ProjectPart) -> Project:
        """End somebody's part."""
        return cast("Project", self._line.call("POST", f"/projects/{_part(project)}/people/end", None, {"person": person, "part": part}))

    def report_accident(self, dataset: str, text: str) -> Accident:
        """Report that somebody could be identified: the use of the data stops at once. Name nobody."""
        return cast("Accident", self._line.call("POST", "/accidents", None, {"dataset": dataset, "text": text}))

    def request_permit(self, datasets: list[str], kinds: list[str], purpose: Purpose, reason: str, *, until: str | None = None, evidence: str | None = None, conditions: dict[str, Any] | None = None, people: list[str] | None = None, items: dict[str, list[str]] | None = None, environment: str | None = None, renews: str | None = None, pledged: str | None = None) -> Permit:
        """Ask for a Permit for oneself; two other people decide on it."""
        return cast("Permit", self._line.call("POST", "/permits", None, {"datasets": datasets, "kinds": kinds, "purpose": purpose, "reason": reason, "until": until, "evidence": evidence, "conditions": conditions, "people": people, "items": items, "environment": environment, "renews": renews, "pledged": pledged}))

    def revoke_permit(self, permit: str) -> Permit:
        """Take a granted Permit back at once."""
        return cast("Permit", self._line.call("POST", f"/permits/{_part(permit)}/revoke"))

    def rotate_key(self, project: str) -> KeyEdition:
        """A new edition of its key: from now on the same person gets another pseudonym."""
        return cast("KeyEdition", self._line.call("POST", f"/projects/{_part(project)}/rotate"))

    def say_finding(self, review: str, finding: Finding, *, comment: str | None = None, checks: dict[str, list[str]] | None = None) -> Panel:
        """Say what you find, with your signature."""
        return cast("Panel", self._line.call("POST", f"/reviews/{_part(review)}/findings", None, {"finding": finding, "comment": comment, "checks": checks}))

    def seat_substitute(self, review: str, instead_of: str, member: str) -> Panel:
        """Give the place of a member who stepped down or does not answer to somebody else."""
        return cast("Panel", self._line.call("POST", f"/reviews/{_part(review)}/substitutes", None, {"instead_of": instead_of, "member": member}))

    def show_accident(self, accident: str) -> AccidentShown:
        """Where an accident stands, and what is left to do."""
        return cast("AccidentShown", self._line.call("GET", f"/accidents/{_part(accident)}"))

    def show_airlock(self, run: str) -> Waiting:
        """What waits of one Run: the findings, and the votes you may see."""
        return cast("Waiting", self._line.call("GET", f"/airlock/{_part(run)}"))

    def show_airlock_difference(self, run: str) -> Difference:
        """What changed since the author's last submission from the same data, for a reviewer who may look at both. Each."""
        return cast("Difference", self._line.call("GET", f"/airlock/{_part(run)}/difference"))

    def show_budget(self, permit: str) -> list[Account]:
        """Its privacy budget: what noisy answers may tell of each Dataset, and what they have told this organisation."""
        return cast("list[Account]", self._line.call("GET", f"/permits/{_part(permit)}/budget"))

    def show_checkpoint(self) -> Checkpoint:
        """The latest signed checkpoint, to keep or to hand to others."""
        return cast("Checkpoint", self._line.call("GET", "/ledger/checkpoint"))

    def show_committee(self, dataset: str) -> CommitteeShown:
        """Who sits on it, what was said, and what that makes."""
        return cast("CommitteeShown", self._line.call("GET", f"/linkages/results/{_part(dataset)}/committee"))

    def show_dataset(self, dataset: str) -> Dataset:
        """The papers of a Dataset."""
        return cast("Dataset", self._line.call("GET", f"/datasets/{_part(dataset)}"))

    def show_kind(self, kind: str) -> KindShown:
        """One kind: what it takes, and what a Permit for it must allow."""
        return cast("KindShown", self._line.call("GET", f"/kinds/{_part(kind)}"))

    def show_linkage(self, linkage: str) -> LinkageShown:
        """One linkage: what was agreed, what is here, which step is due and whose turn it is."""
        return cast("LinkageShown", self._line.call("GET", f"/linkages/{_part(linkage)}"))

    def show_me(self) -> Me:
        """Who calls, and what this token or session may do."""
        return cast("Me", self._line.call("GET", "/me"))

    def show_numbers(self) -> Numbers:
        """The site in numbers, as they stand now."""
        return cast("Numbers", self._line.call("GET", "/numbers"))

    def show_permit(self, permit: str) -> Permit:
        """One Permit with its decisions."""
        return cast("Permit", self._line.call("GET", f"/permits/{_part(permit)}"))

    def show_pledge(self, permit: str, *, language: str | None = None) -> PledgeShown:
        """The pledge that is signed before the first Run under it."""
        return cast("PledgeShown", self._line.call("GET", f"/permits/{_part(permit)}/pledge", {"language": language}))

    def show_project(self, project: str) -> ProjectShown:
        """One project with the editions of its key."""
        return cast("ProjectShown", self._line.call("GET", f"/projects/{_part(project)}"))

    def show_register(self, permit: str) -> Entry:
        """One line of the public register."""
        return cast("Entry", self._line.call("GET", f"/register/{_part(permit)}"))

    def show_review(self, review: str) -> Panel:
        """One review: who sits, what they found, the minutes."""
        return cast("Panel", self._line.call("GET", f"/reviews/{_part(review)}"))

    def show_run(self, run: str) -> Run:
        """One Run: how far it is, what came out, why it failed and what next."""
        return cast("Run", self._line.call("GET", f"/runs/{_part(run)}"))

    def show_site(self) -> Site:
        """Which site this is."""
        return cast("Site", self._line.call("GET", "/site"))

    def show_upload(self, upload: str) -> Upload:
        """How much of it has arrived."""
        return cast("Upload", self._line.call("GET", f"/uploads/{_part(upload)}"))

    def show_verifier_key(self) -> VerifierKey:
        """The ledger's public key."""
        return cast("VerifierKey", self._line.call("GET", "/ledger/key"))

    def sign_agreement(self, documents: list[str]) -> AgreementShown:
        """Sign for this site; the answer holds the document with all signatures."""
        return cast("AgreementShown", self._line.call("POST", "/linkages/signatures", None, {"documents": documents}))

    def sign_pledge(self, permit: str, language: str) -> Permit:
        """Sign that pledge, as it reads in the language in which you read it."""
        return cast("Permit", self._line.call("POST", f"/permits/{_part(permit)}/pledge", None, {"language": language}))

    def step_down(self, review: str, reason: str) -> Panel:
        """Step down from the panel, with the reason."""
        return cast("Panel", self._line.call("POST", f"/reviews/{_part(review)}/step-down", None, {"reason": reason}))

    def submit_run(self, kind: str, inputs: dict[str, str], *, parameters: dict[str, Any] | None = None, seed: int | None = None) -> Run:
        """Ask for a Run of a kind. It is queued; look at it, or follow its events. A refusal names every reason."""
        return cast("Run", self._line.call("POST", "/runs", None, {"kind": kind, "inputs": inputs, "parameters": parameters, "seed": seed}))

    def take_back_invitation(self, login: str) -> None:
        """Take the invitations of somebody back."""
        self._line.call("DELETE", f"/invitations/{_part(login)}")

    def take_off_factor(self, person: str) -> None:
        """Help somebody who lost the phone and the recovery codes."""
        self._line.call("POST", f"/people/{_part(person)}/factor/end")

    def take_safe_version(self, run: str, method: Method) -> Run:
        """Submit a safe version of your own held files instead of them: it is made of the files that wait."""
        return cast("Run", self._line.call("POST", f"/airlock/{_part(run)}/safe-versions", None, {"method": method}))

    def take_up_agreement(self, documents: list[str]) -> LinkageShown:
        """Take up an agreement that all parties have signed, be it in several copies."""
        return cast("LinkageShown", self._line.call("POST", "/linkages", None, {"documents": documents}))

    def unlock_session(self, password: str) -> None:
        """Put your key into a session that was begun without your password; the answer renews its cookie."""
        self._line.call("POST", "/sessions/this/unlock", None, {"password": password})

    def whole_policy(self, policy: str, *, files: dict[str, str] | None = None) -> PolicyWhole:
        """Write the hierarchy files that a policy names into it: what comes back is what a Run takes."""
        return cast("PolicyWhole", self._line.call("POST", "/policies/whole", None, {"policy": policy, "files": files}))

    def withdraw_files(self, run: str) -> Waiting:
        """Take your own submission back."""
        return cast("Waiting", self._line.call("POST", f"/airlock/{_part(run)}/withdraw"))

    def withdraw_permit(self, permit: str) -> Permit:
        """Give your own Permit or request back."""
        return cast("Permit", self._line.call("POST", f"/permits/{_part(permit)}/withdraw"))

    def withdraw_review(self, review: str) -> Panel:
        """Take back a review that you asked for."""
        return cast("Panel", self._line.call("POST", f"/reviews/{_part(review)}/withdraw"))
