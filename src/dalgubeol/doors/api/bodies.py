"""What operations take: the bodies of requests, read strictly. What they answer with are the nouns themselves."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model

from ...nouns import disclosure as rules
from ...nouns import permit as nouns
from ...nouns.accident import Answer
from ...nouns.dataset import Form, Sensitivity
from ...nouns.panel import Finding, PanelKind
from ...nouns.permit import Purpose, Role, Scope
from ...nouns.project import Basis, ProjectPart
from ...rules.reviewing import FileVerdict
from ...verbs.permits.grant import LIMITS

MOST_BYTES = 1 << 50
Id = Annotated[str, Field(min_length=1, max_length=200)]
Comment = Annotated[str, Field(max_length=2000, description="A word to the others")]
Sentence = Annotated[str, Field(min_length=5, max_length=1000)]
Language = Literal["ko", "en"]
Password = Annotated[str, Field(max_length=1000, json_schema_extra={"format": "password"})]
Code = Annotated[str, Field(max_length=100, description="Of the second factor, or a recovery code")]


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UploadBegun(Body):
    """A file that is to be sent."""

    name: Annotated[str, Field(max_length=255, description="What it is called; its ending says what it is")]
    size_bytes: Annotated[int, Field(ge=1, le=MOST_BYTES, description="How long it is")]
    digest: Annotated[
        str | None, Field(pattern="^[0-9a-f]{64}$", description="Its SHA-256 in lower-case hex")
    ] = None

    model_config = ConfigDict(
        frozen=True, extra="forbid",
        json_schema_extra={"examples": [{"name": "claims.csv", "size_bytes": 1048576}]},
    )  # fmt: skip


class DatasetBrought(Body):
    """An upload that is whole, to be registered."""

    upload: Id
    name: Annotated[str, Field(max_length=100, description="What the Dataset is to be called")]
    form: Form = Form.TABLE
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    trade_secret: bool = False
    about: Annotated[
        dict[str, Any], Field(description="Its papers: `description`, `generated_columns`; no data")
    ] = {}

    model_config = ConfigDict(
        frozen=True, extra="forbid",
        json_schema_extra={"examples": [{"upload": "upload-01hf3k", "name": "claims", "sensitivity": "personal"}]},
    )  # fmt: skip


class RunAsked(Body):
    """A Run of a kind."""

    kind: Id
    inputs: Annotated[dict[str, str], Field(description="Slot to name or id of a Dataset")]
    parameters: Annotated[dict[str, Any], Field(description="As the kind's own schema says")] = {}
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0

    model_config = ConfigDict(
        frozen=True, extra="forbid",
        json_schema_extra={
            "examples": [{"kind": "adapt", "inputs": {"data": "log"}, "parameters": {"batch": "batch"}}]
        },
    )  # fmt: skip


def _bounded(name: str) -> tuple[Any, int]:
    least, most = LIMITS[name]
    usual = getattr(nouns.Conditions(), name)
    return Annotated[type(usual), Field(ge=least, le=most)], usual


def _rule(name: str) -> tuple[Any, Any]:
    least, most = rules.LIMITS.get(name, (0, 1))
    kinds: dict[str, Any] = {"zeros_disclosive": bool, "file_types": Annotated[list[str], Field(min_length=1, max_length=50)]}  # fmt: skip
    return kinds.get(name, Annotated[int, Field(ge=least, le=most)]) | None, None


_RULES: dict[str, Any] = {field.name: _rule(field.name) for field in fields(rules.Disclosure)}
Disclosure: Any = create_model("DisclosureAsked", __base__=Body, __doc__="Disclosure rules that are to be stricter than the site's.", **_RULES)  # fmt: skip
_BOUNDED: dict[str, Any] = {name: _bounded(name) for name in nouns.NUMBERS}
_BOUNDED["disclosure"] = (Disclosure, Disclosure())
Conditions: Any = create_model("Conditions", __base__=Body, __doc__=nouns.Conditions.__doc__, **_BOUNDED)


class PermitAsked(Body):
    """A Permit for oneself; two other people decide."""

    datasets: Annotated[list[Id], Field(min_length=1, max_length=100, description="Names or ids")]
    kinds: Annotated[list[Id], Field(min_length=1, max_length=100)]
    purpose: Purpose
    reason: Annotated[str, Field(max_length=4000, description="What it is for, in a sentence")]
    until: Annotated[
        str | None,
        Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="Last day; else the site's usual period"),
    ] = None
    evidence: Annotated[str, Field(max_length=4000)] = ""
    conditions: Conditions = Conditions()
    people: Annotated[
        list[Id], Field(max_length=100, description="Logins of those who work under it besides you")
    ] = []
    items: Annotated[
        dict[str, list[str]],
        Field(description="Name or id of a Dataset to the columns asked for; all, where it is not named"),
    ] = {}
    environment: Annotated[
        str, Field(max_length=2000, description="Where and with what the work is done")
    ] = ""
    renews: Annotated[Id | None, Field(description="The Permit that this one is to follow")] = None
    pledged: Annotated[
        Language | None,
        Field(description="You have read the pledge in this language, and sign it with the request"),
    ] = None

    model_config = ConfigDict(
        frozen=True, extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "datasets": ["claims-p"], "kinds": ["analyse", "release"], "purpose": "statistics",
                    "reason": "Weeks off work by industry", "until": "2099-12-31",
                }
            ]
        },
    )  # fmt: skip


class PledgeSigned(Body):
    """You have read the pledge in this language."""

    language: Language


class Word(Body):
    """What is said with a decision."""

    comment: Comment = ""


class FileVoteCast(Body):
    """Of one file."""

    verdict: FileVerdict
    comment: Comment = ""


class VoteCast(Body):
    """A reviewer's vote on exactly the files that wait."""

    approve: bool
    comment: Comment = ""
    files: Annotated[
        dict[int, FileVoteCast],
        Field(max_length=1000, description="Files, by number, of which something else is said than of all"),
    ] = {}


class FileExplained(Body):
    """What its author says of one file that is to leave."""

    why: Sentence
    shows: Sentence
    made: Sentence


class FilesExplained(Body):
    """Files, by number in the order of their names."""

    files: Annotated[dict[int, FileExplained], Field(min_length=1, max_length=1000)]


class Invited(Body):
    """Somebody new."""

    login: Annotated[str, Field(min_length=1, max_length=100)]
    organisation: Annotated[str, Field(min_length=1, max_length=200)]
    roles: Annotated[list[Role], Field(min_length=1, max_length=10)]
    name: Annotated[str, Field(max_length=200)] = ""


class RolesWanted(Body):
    """All roles that somebody is to have."""

    roles: Annotated[list[Role], Field(min_length=1, max_length=10)]


class Joining(Body):
    """An invitation, redeemed."""

    code: Annotated[str, Field(max_length=200)]
    password: Password


class SigningIn(Body):
    login: Annotated[str, Field(max_length=100)]
    password: Password
    code: Code = ""


class TokenWanted(Body):
    """A token for programs."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="What it is for")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)]
    days: Annotated[int, Field(ge=1, le=366)] = 90


class PasswordChange(Body):
    password: Password
    new: Password
    code: Code = ""


class PasswordGiven(Body):
    password: Password
    code: Code = ""


class PasswordOnly(Body):
    password: Password


class CodeGiven(Body):
    code: Code


Decision = Literal["grant", "refuse", "revoke", "withdraw"]


Words = Annotated[str, Field(max_length=2000)]


class ProjectOpened(Body):
    """What persons' data is to be pseudonymised for, and by whom (logins or ids by part)."""

    name: Annotated[str, Field(max_length=61, description="What Runs will call it")]
    purpose: Purpose
    reason: Annotated[str, Field(max_length=2000, description="What it is for, in a sentence")]
    until: Annotated[str, Field(max_length=10, description="Last day of the processing period, YYYY-MM-DD")]
    basis: Basis = Basis.WITHOUT_CONSENT
    evidence: Words = ""
    items: Annotated[list[Words], Field(max_length=100, description="What is processed")] = []
    environment: Annotated[str, Field(max_length=2000, description="Where and how the result is used")] = ""
    recipients: Annotated[list[Words], Field(max_length=100)] = []
    provider: Id | None = None
    processor: Id | None = None
    keep_mapping: bool = False
    people: Annotated[dict[ProjectPart, list[Id]], Field(description="Part to logins or ids")] = {}

    model_config = ConfigDict(
        frozen=True, extra="forbid",
        json_schema_extra={"examples": [{"name": "prevention", "purpose": "scientific-research", "reason": "Which injuries keep people off work longest", "until": "2029-12-31"}]},
    )  # fmt: skip


class PartTaken(Body):
    """Who has which part in a project."""

    person: Id
    part: ProjectPart


class PeriodChanged(Body):
    """Another end of a processing period."""

    until: Annotated[str, Field(max_length=10, description="Last day, YYYY-MM-DD")]


class KeyDestroyed(Body):
    """Which edition of a project's key is to go, and why."""

    edition: Annotated[int, Field(ge=1, le=999_999)]
    reason: Words


class PolicyWished(Body):
    """A table that wants a policy."""

    dataset: Id
    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$", description="The project: its pseudonyms cannot be linked with another's")]  # fmt: skip


PolicyText = Annotated[str, Field(max_length=4_000_000, description="The text of a policy.toml")]
Files = Annotated[
    dict[str, Annotated[str, Field(max_length=4_000_000)]],
    Field(default_factory=dict, max_length=100, description="The text of each hierarchy file that the policy names, by the name it gives"),
]  # fmt: skip


class PolicyTried(Body):
    """A policy that is to be tried on a table, and the hierarchy files that it names."""

    dataset: Id
    policy: PolicyText
    files: Files


class PolicyFiles(Body):
    """A policy and the hierarchy files that it names."""

    policy: PolicyText
    files: Files


class HierarchyTried(Body):
    """A hierarchy file in ARX's form beside a column of a table."""

    dataset: Id
    column: Annotated[str, Field(min_length=1, max_length=200)]
    file: Annotated[str, Field(min_length=1, max_length=200, description="Its name, for errors")]
    text: Annotated[
        str,
        Field(
            max_length=4_000_000,
            description="A line for each value: the value, its labels, and * at the end; parted by ; or ,",
        ),
    ]


class RestoringAsked(Body):
    """A Dataset whose pseudonyms are to be undone."""

    dataset: Id
    reason: Words


class AccidentReported(Body):
    """How somebody could be identified; without naming anybody."""

    dataset: Id
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class CopyAnswered(Body):
    """What became of a copy."""

    answer: Answer


class ReviewOpened(Body):
    """What a panel is to review, and who sits on it (logins or ids)."""

    kind: PanelKind
    project: Id
    dataset: Id
    members: Annotated[list[Id], Field(max_length=20)]
    answers: Annotated[dict[str, JsonValue], Field(description="What you say in the form")] = {}


class FindingSaid(Body):
    """What a member finds."""

    finding: Finding
    comment: Annotated[str, Field(max_length=20_000)] = ""
    checks: Annotated[
        dict[str, tuple[str, str]], Field(description="Item of the checklist to answer and remark")
    ] = {}


class SteppedDown(Body):
    """Why a member cannot judge this."""

    reason: Annotated[str, Field(max_length=20_000)]


class SubstituteSeated(Body):
    """Whose place on a panel is filled, and by whom (logins or ids)."""

    instead_of: Annotated[str, Field(max_length=200)]
    member: Annotated[str, Field(max_length=200)]


class ReviewClosed(Body):
    """The minutes: who met, what was asked, what was found."""

    minutes: Annotated[str, Field(max_length=20_000)]


class PaperAsked(Body):
    """How a paper is to look, and what the site cannot know."""

    type: Literal["html", "pdf", "docx"] = "pdf"
    language: Literal["ko", "en", "both"] = "ko"
    answers: dict[str, JsonValue] = {}
