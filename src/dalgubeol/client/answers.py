"""What the operations answer. Made by `tools/client.py` from the API's document: change that, not this."""

# ruff: noqa
# fmt: off

from __future__ import annotations

from typing import Any, TypedDict

from .choices import (
    AccidentState, Act, Answer, Basis, Change, DatasetState, Direction, Duplicates, Field, FileVerdict, Finding, Form, Grant, JoinType, Lifetime, LinkMode, PanelKind, PanelState, PartyRole, PermitState, Port, ProjectPart, ProjectState, Purpose, Retention, ReviewState, Role, RunState, Scope, Sensitivity, Silence, Stand, Standing, Verdict, What, dalgubeol__kinds__safe_files__Method, dalgubeol__nouns__destruction__Method,
)


class Accident(TypedDict):
    """That somebody was identified by accident. What was reported is sealed, and not in here."""
    id: str
    dataset: str
    state: AccidentState
    filed_by: str
    filed_at: str
    report_digest: str
    decided_by: str | None
    decided_at: str | None
    closed_by: str | None
    closed_at: str | None


class AccidentShown(TypedDict):
    """An accident, what it concerns, and what is left to do."""
    accident: Accident
    stopped: list[str]
    copies: list[Copy]
    to_confirm: list[str]


class Account(TypedDict):
    """What one organisation has been told of a Dataset by noisy answers, beside what a Permit allows."""
    dataset: str
    name: str
    epsilon_allowed: float
    epsilon_spent: float
    epsilon_left: float
    delta_allowed: float
    delta_spent: float
    delta_left: float


class AgreementShown(TypedDict):
    """An agreement; `document` is the file to hand on. Of the tolerant mode `risk` is the measured risk of guesses."""
    linkage: str
    digest: str
    file: str
    document: str
    terms: Terms
    parties: list[Party]
    signed: list[str]
    unsigned: list[str]
    risk: list[Guessed]


class Application(TypedDict):
    """What a request says besides; Permits of before schema 0004 have none."""
    people: list[str]
    items: dict[str, list[str]]
    environment: str
    pledge: str
    renews: str | None


class Brought(TypedDict):
    """One file that came in. Its bytes are destroyed when its Permit ends; this line stays."""
    run: str
    permit: str
    name: str
    digest: str
    size_bytes: int
    brought_at: str


class CameIn(TypedDict):
    """A file that two reviewers let into the zone: what it is called and which bytes it was, nothing of what is in it."""
    name: str
    digest: str
    size_bytes: int
    brought_at: str


class CardMade(TypedDict):
    """This site's card: hand `document` on as a file of that name."""
    file: str
    document: str
    card: Party


class Checked(TypedDict):
    records: int


class Checkpoint(TypedDict):
    checkpoint: str


class Column(TypedDict):
    name: str
    type: str
    unit: str | None


class CommitteeShown(TypedDict):
    """An export committee: who sits on it, what was said, and what that makes. Before it is over, another's vote"""
    dataset: str
    object_id: str
    round: int
    convened_at: str
    members: list[Expert]
    said: list[Said]
    approved: bool | None
    reasons: list[str]


class Conditions(TypedDict):
    """What holds for every Run under the Permit."""
    runs: int
    smallest_cell: int
    wall_s: int
    cpu_s: int
    memory_mb: int
    output_mb: int
    autonomy_level: int
    exports: int
    files: int
    processes: int
    scratch_mb: int
    output_files: int
    epsilon: float
    delta: float
    disclosure: Disclosure


class Context(TypedDict):
    """What its author says of one file."""
    why: str
    shows: str
    made: str


class Copy(TypedDict):
    id: str
    accident: str
    person: str
    dataset: str
    left_at: str
    asked_at: str
    answer: Answer | None
    answered_at: str | None
    confirmed_by: str | None


class Dataset(TypedDict):
    id: str
    name: str
    form: Form
    sensitivity: Sensitivity
    trade_secret: bool
    owner: str
    organisation: str
    columns: list[Column]
    rows: int | None
    size_bytes: int
    object_id: str
    state: DatasetState
    created_at: str
    made_by: str | None
    sources: list[str]
    about: dict[str, Any]
    destroyed_at: str | None


class Decision(TypedDict):
    """One person's signed word on a Permit."""
    person: str
    organisation: str
    verdict: Verdict
    decided_at: str
    comment: str
    signature: str


class Destruction(TypedDict):
    """One entry of the register."""
    id: str
    what: What
    subject: str
    project: str | None
    accident: str | None
    method: dalgubeol__nouns__destruction__Method
    reason: str
    destroyed_by: str
    destroyed_at: str
    backups: dict[str, str]
    confirmed_by: str | None
    confirmed_at: str | None


class Difference(TypedDict):
    """Two submissions side by side."""
    before: str | None
    files: list[FileChange]


class Disclosure(TypedDict):
    """Rules for what leaves; every one may be made stricter than here, and looser only where the site says so."""
    degrees_of_freedom: int
    dominance_n: int
    dominance_percent: int
    p_percent: int
    zeros_disclosive: bool
    rounding_base: int
    most_rows: int
    file_types: list[str]


class Entry(TypedDict):
    """One line of the register: a Permit that was asked for, whatever became of it. What it allows is what was asked for."""
    permit: str
    organisation: str
    purpose: Purpose
    kinds: list[str]
    grants: list[Grant]
    datasets: list[list[str]]
    valid_from: str
    valid_until: str
    standing: Standing
    granted: bool
    runs_used: int
    runs_allowed: int
    follows: str | None
    smallest_cell: int
    disclosure: Disclosure
    brought: list[CameIn]
    epsilon: float
    delta: float
    accounts: list[Account]


class Erased(TypedDict):
    erased: int


class Expert(TypedDict):
    """A member of the export committee (반출심사위원회)."""
    person: str
    organisation: str
    field: Field
    stand: Stand


class FactorBegun(TypedDict):
    """What a phone must learn once."""
    secret: str
    url: str
    qr_svg: str


class Fault(TypedDict):
    """One field that does not fit."""
    field: str
    detail: str


class File(TypedDict):
    """One file of an archive."""
    name: str
    size_bytes: int


class FileChange(TypedDict):
    name: str
    change: Change
    lines: list[str]


class FileVote(TypedDict):
    """Of one file, in the order of their names."""
    verdict: FileVerdict
    comment: str


class FormShown(TypedDict):
    """One form of the procedure."""
    form: str
    edition: str


class Guessed(TypedDict):
    """What one attacker finds, as shares of the persons; `known`: whose encodings it knew, None: it only guesses"""
    known: int | None
    names: float
    surnames: float


class HierarchyChecked(TypedDict):
    """A hierarchy as a policy holds it under `[hierarchies.NAME]`; `widths` says how many labels each level has."""
    csv: str
    delimiter: str
    widths: list[int]


class Invitation(TypedDict):
    login: str
    code: str


class Item(TypedDict):
    """One key item (결합키 생성항목) and how its values are normalised."""
    name: str
    normalise: str


class KeyEdition(TypedDict):
    """One key of a project's pseudonyms. A later edition makes other pseudonyms of the same person."""
    project: str
    edition: int
    fingerprint: str
    made_at: str
    retired_at: str | None
    destroyed_at: str | None


class KindShown(TypedDict):
    """A kind of Run, in the reader's language."""
    name: str
    summary: str
    grants: list[Grant]
    deterministic: bool
    lifetime: Lifetime
    ports: list[Port]
    slots: list[SlotShown]
    parameters: dict[str, Any]


class LinkageLine(TypedDict):
    """One linkage of this site. Before its agreement is taken up there is only the card: `me` is empty."""
    linkage: str
    me: str
    since: str
    digest: str
    next: LinkageStep | None
    ended: bool


class LinkagePiece(TypedDict):
    """A Dataset that is here for a linkage."""
    id: str
    name: str
    content: str
    sensitivity: str
    rows: int | None
    created_at: str


class LinkageShown(TypedDict):
    """A linkage as this site goes through it; `said` is what was found out, linkage rates first; `held_back` what"""
    linkage: str
    digest: str
    me: Party
    terms: Terms
    parties: list[Party]
    steps: list[LinkageStep]
    next: LinkageStep | None
    held_back: list[str]
    run: str | None
    run_state: RunState | None
    said: list[str]
    here: list[LinkagePiece]
    committees: list[CommitteeShown]
    ended: bool


class LinkageStep(TypedDict):
    """One step of this site's course; `turn` are the parties whose turn it is, `to` those it must still go to."""
    name: str
    act: Act
    title: str
    done: bool
    mock: bool
    turn: list[str]
    content: str
    to: list[str]
    kind: str
    dataset: str


class Me(TypedDict):
    """Who calls."""
    person: Person
    scopes: list[Scope]
    by_token: bool
    can_sign: bool
    expires_at: str
    has_factor: bool


class Numbers(TypedDict):
    at: str
    datasets: dict[str, int]
    permits_in_force: int
    runs_done: int
    releases: int
    records: int
    organisations: int
    people: int
    runs_by_month: list[list[str | int]]


class OpenInvitation(TypedDict):
    """Somebody who may join; the code was shown once."""
    login: str
    name: str
    organisation: str
    roles: list[Role]
    invited_by: str
    expires_at: str


class PageOfDataset(TypedDict):
    """One page of a list."""
    items: list[Dataset]
    next: str | None


class PageOfDestruction(TypedDict):
    """One page of a list."""
    items: list[Destruction]
    next: str | None


class PageOfEntry(TypedDict):
    """One page of a list."""
    items: list[Entry]
    next: str | None


class PageOfPermit(TypedDict):
    """One page of a list."""
    items: list[Permit]
    next: str | None


class PageOfPerson(TypedDict):
    """One page of a list."""
    items: list[Person]
    next: str | None


class PageOfProject(TypedDict):
    """One page of a list."""
    items: list[Project]
    next: str | None


class PageOfRecordShown(TypedDict):
    """One page of a list."""
    items: list[RecordShown]
    next: str | None


class PageOfRunEntry(TypedDict):
    """One page of a list."""
    items: list[RunEntry]
    next: str | None


class PageOfRun(TypedDict):
    """One page of a list."""
    items: list[Run]
    next: str | None


class PageOfWaiting(TypedDict):
    """One page of a list."""
    items: list[Waiting]
    next: str | None


class Panel(TypedDict):
    id: str
    kind: PanelKind
    project: str
    dataset: str
    object_id: str
    answers: dict[str, Any]
    opened_by: str
    opened_at: str
    state: PanelState
    seats: list[Seat]
    minutes: str
    closed_by: str | None
    closed_at: str | None


class Participation(TypedDict):
    """That somebody has, or had, a part. It is never removed, only ended: what one has seen, one has seen."""
    person: str
    part: ProjectPart
    since: str
    until: str | None


class Party(TypedDict):
    """One site in its role, as its own card says."""
    name: str
    role: PartyRole
    organisation: str
    site: str
    verifier_key: str
    box_key: str
    designated: str


class Permit(TypedDict):
    id: str
    holder: str
    organisation: str
    kinds: list[str]
    datasets: list[str]
    grants: list[Grant]
    purpose: Purpose
    reason: str
    conditions: Conditions
    valid_from: str
    valid_until: str
    state: PermitState
    requested_at: str
    decisions: list[Decision]
    runs_used: int
    evidence: str
    application: Application | None
    pledges: list[Pledge]
    exports_used: int
    files_used: int
    cleared_at: str | None


class Person(TypedDict):
    id: str
    login: str
    name: str
    organisation: str
    roles: list[Role]
    public_key: str
    joined_at: str
    ended_at: str | None


class Pledge(TypedDict):
    """What one person signed before her first use."""
    person: str
    edition: str
    language: str
    signed_at: str
    signature: str


class PledgeShown(TypedDict):
    edition: str
    language: str
    text: str
    digest: str


class PolicyChecked(TypedDict):
    """What a policy would do, in the reader's language, tried on the first rows."""
    said: list[str]


class PolicyDrafted(TypedDict):
    """A policy.toml to begin with, the evidence above each column; no value of the table."""
    policy: str


class PolicyWhole(TypedDict):
    """A policy with its hierarchies in it, as it is run and kept."""
    policy: str


class Project(TypedDict):
    id: str
    name: str
    organisation: str
    purpose: Purpose
    reason: str
    basis: Basis
    evidence: str
    items: list[str]
    environment: str
    recipients: list[str]
    processor: str | None
    valid_until: str
    keep_mapping: bool
    state: ProjectState
    opened_by: str
    opened_at: str
    closed_at: str | None
    people: list[Participation]


class ProjectShown(TypedDict):
    """A project with the editions of its key."""
    project: Project
    editions: list[KeyEdition]
    runs: int


class Proposal(TypedDict):
    """What one method made of the held files. Files by their numbers."""
    method: dalgubeol__kinds__safe_files__Method
    passes: bool
    base: int
    files: dict[str, int]
    left_out: list[int]


class RecordShown(TypedDict):
    """One line of the history, with what belongs to it where that was not erased."""
    record: int
    v: int
    event: str
    at: str
    actor: str
    subject: str
    datasets: list[str]
    permits: list[str]
    retain: Retention
    commitment: str | None
    payload: dict[str, Any] | None
    erased_at: str | None


class RecoveryCodes(TypedDict):
    codes: list[str]


class Restoration(TypedDict):
    """That pseudonyms are to be undone: asked for by one person, confirmed by another."""
    id: str
    dataset: str
    project: str
    reason: str
    asked_by: str
    asked_at: str
    confirmed_by: str | None
    confirmed_at: str | None
    run: str | None


class Run(TypedDict):
    id: str
    kind: str
    inputs: dict[str, str]
    permits: list[str]
    parameters: dict[str, Any]
    seed: int
    submitted_by: str
    state: RunState
    submitted_at: str
    attempt: int
    started_at: str | None
    ended_at: str | None
    outputs: dict[str, str]
    fault: Fault | None
    progress: float
    stage: str


class RunEntry(TypedDict):
    """One line: a Run, whatever became of it."""
    run: str
    organisation: str
    kind: str
    purposes: list[Purpose]
    datasets: list[str]
    permits: list[str]
    asked_on: str
    outcome: RunState


class Said(TypedDict):
    """One member's word; before the committee is over, of another's only that it was said (`Stand.SEALED`)."""
    person: str
    stand: Stand
    at: str
    comment: str
    signature: str | None


class Seat(TypedDict):
    """One member, and what they said."""
    person: str
    organisation: str
    recused: str | None
    finding: Finding | None
    comment: str
    checks: dict[str, list[str]]
    said_at: str | None
    signature: str | None
    seated_at: str
    instead_of: str | None
    silence: Silence | None


class Session(TypedDict):
    """One place where somebody is signed in."""
    id: str
    door: str
    begun_at: str
    seen_at: str
    expires_at: str


class Site(TypedDict):
    id: str
    origin: str
    verifier_key: str
    version: str
    records: int


class SlotShown(TypedDict):
    name: str
    forms: list[Form]
    summary: str
    optional: bool


class Terms(TypedDict):
    linkage: str
    purpose: str
    reason: str
    mode: LinkMode
    items: list[Item]
    normalisation: str
    salt_by: str
    serials_by: str
    join: JoinType
    left: str
    may_leave: list[str]
    duplicates: Duplicates
    sample: float
    mock: float
    extract: bool
    dummy: bool
    tolerance: Tolerance


class Token(TypedDict):
    """What is known of a token; its secret is shown once, to who made it."""
    id: str
    person: str
    name: str
    scopes: list[Scope]
    made_at: str
    expires_at: str
    used_at: str | None
    ended_at: str | None


class TokenMade(TypedDict):
    token: Token
    text: str


class Told(TypedDict):
    """What a verified bundle tells."""
    size: int
    root: str
    erased: int
    signatures: int
    events: dict[str, int]


class Tolerance(TypedDict):
    """The settings of the encodings in the tolerant mode."""
    bits: int
    hashes: int
    q: int
    fold: bool
    flip: float
    threshold: float


class Upload(TypedDict):
    """A file that somebody sends, piece by piece."""
    id: str
    person: str
    name: str
    size_bytes: int
    digest: str | None
    created_at: str
    seen_at: str
    offset: int


class VerifierKey(TypedDict):
    verifier_key: str


class Vote(TypedDict):
    """A reviewer's signed word on the exact files whose digest is `manifest`."""
    person: str
    approve: bool
    voted_at: str
    comment: str
    manifest: str
    signature: str
    files: list[FileVote]


class Waiting(TypedDict):
    """One Run's outputs before two reviewers, as you may see them."""
    run: str
    dataset: str
    state: ReviewState
    opened_at: str
    author: str
    organisation: str
    context: str
    findings: list[dict[str, Any]]
    found: list[str]
    manifest: str
    release_run: str | None
    votes: list[Vote]
    contexts: dict[str, Context]
    direction: Direction
    permit: str | None


class dalgubeol__doors__api__people__Ended(TypedDict):
    ended: int


class dalgubeol__verbs__linkage__ending__Ended(TypedDict):
    linkage: str
    destroyed: list[str]
