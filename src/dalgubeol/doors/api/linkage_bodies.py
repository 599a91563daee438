"""What the operations of a linkage take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ...nouns.linkage import Content, Duplicates, JoinType, LinkMode, PartyRole
from ...rules.linkage import Field as Expertise
from .bodies import Body, Id

PartyName = Annotated[str, Field(min_length=1, max_length=39, description="What a party is called in the agreement")]  # fmt: skip
Document = Annotated[str, Field(min_length=2, description="The text of a card's or an agreement's file, byte for byte")]  # fmt: skip
Share = Annotated[float, Field(ge=0, le=1)]


class CardWished(Body):
    """What this site is to be in a linkage."""

    linkage: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$")]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$", description="What this party is called")]
    role: PartyRole


class KeyItemAgreed(Body):
    """One key item, and how its values are normalised."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    normalise: Annotated[str, Field(min_length=1, max_length=40, description="text, name, phone, date, address, digits or sex")]  # fmt: skip


class ToleranceAgreed(Body):
    """The settings of the encodings in the tolerant mode."""

    bits: Annotated[int, Field(ge=64, le=8192)] = 1024
    hashes: Annotated[int, Field(ge=1, le=100)] = 20
    q: Annotated[int, Field(ge=1, le=4)] = 2
    fold: bool = True
    flip: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    threshold: Annotated[float, Field(ge=0.3, le=1)] = 0.68


class TermsAgreed(Body):
    """What is compared and how, who issues what, which rows may leave: as in a terms.toml."""

    linkage: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,38}$")]
    purpose: Annotated[str, Field(min_length=1, max_length=500)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    mode: LinkMode
    items: Annotated[list[KeyItemAgreed], Field(min_length=1, max_length=20)]
    salt_by: Annotated[str, Field(max_length=39, description="The applicant that issues the salt; none in the oblivious mode")] = ""  # fmt: skip
    serials_by: Annotated[str, Field(max_length=39, description="`each`, or one party for all")] = "each"
    join: JoinType = JoinType.INNER
    left: Annotated[str, Field(max_length=39)] = ""
    may_leave: Annotated[tuple[PartyName, ...], Field(max_length=50, description="Whose rows may leave that nothing was linked to")] = ()  # fmt: skip
    duplicates: Duplicates = Duplicates.REFUSE
    sample: Share = 1.0
    mock: Share = 0.0
    extract: bool = False
    dummy: bool = False
    tolerance: ToleranceAgreed = ToleranceAgreed()

    def plain(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class TermsTold(Body):
    """Terms that are thought of."""

    terms: TermsAgreed


class DraftWished(Body):
    """Terms, and the cards of all parties."""

    terms: TermsAgreed
    cards: Annotated[list[Document], Field(min_length=1, max_length=50)]


class DocumentsGiven(Body):
    """One agreement, or several copies of it, each with the signatures of some."""

    documents: Annotated[list[Document], Field(min_length=1, max_length=50)]


class EnvelopeWished(Body):
    """What is to be sealed for whom. Of a secret: which part of it."""

    dataset: Id
    to: PartyName
    content: Content | None = None


class EnvelopesArrived(Body):
    """Envelopes that were uploaded: of one content, of all its senders together."""

    uploads: Annotated[list[Id], Field(min_length=1, max_length=50)]
    name: Annotated[str | None, Field(max_length=100, description="What the Dataset is to be called")] = None

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [{"uploads": ["upload-01hf3k"]}]}
    )  # fmt: skip


class CommitteeCalled(Body):
    """Who is to decide whether it leaves."""

    members: Annotated[dict[str, Expertise], Field(max_length=20, description="Login or id to field")]


class Judged(Body):
    """A member's word."""

    stand: Literal["approve", "reject", "recused"]
    comment: Annotated[str, Field(max_length=20_000, description="Why; it stands in the minutes")] = ""
