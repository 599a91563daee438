"""Who may do what in a project: pure, and every reason at once.

Three sides are kept apart, each by other persons (PIPA art. 28-4 and its decree, art. 29-5; the PIPC's guideline on
pseudonymised information): who makes pseudonyms or keeps what would undo them; who uses the result; who reviews
whether it is adequate. Being named is enough, and it lasts: who once had a part on one side never gets one on
another, in the same project. What people *did* is held apart beyond a project by `rules.duties`.

Whatever was pseudonymised under art. 28-2 or 28-3 is never restored (28-5). No Permit and no role cures that,
and neither does another project: what counts is every project on the way from the first table to this one. Nor is it
linked with personal information, which would restore it by another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ..errors import Reason
from ..language import say
from ..nouns.dataset import Dataset, Sensitivity
from ..nouns.permit import Actor, Purpose, Role
from ..nouns.project import Basis, Participation, Project, ProjectPart, ProjectState

SIDES: Mapping[ProjectPart, str] = {
    ProjectPart.PSEUDONYMISER: "makes",
    ProjectPart.KEEPER: "makes",
    ProjectPart.USER: "uses",
    ProjectPart.REVIEWER: "reviews",
}
"""Parts on one side may be one person's; parts on two sides never are."""
LINKING = frozenset({"link-inside"})
"""Kinds that put the rows of one person in two tables together."""
_LEADING = frozenset({Role.PROVIDER, Role.OPERATOR})
FITTING: Mapping[ProjectPart, frozenset[Role]] = {
    ProjectPart.PSEUDONYMISER: _LEADING,
    ProjectPart.KEEPER: _LEADING,
    ProjectPart.USER: frozenset({Role.ANALYST, Role.ENGINEER}) | _LEADING,
    ProjectPart.REVIEWER: frozenset({Role.REVIEWER}),
}
"""Roles of those who are offered for a part; that nobody has two sides is a rule, this is none."""


def reasons_against_people(
    people: Iterable[Participation], names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Reason, ...]:
    """One reason for each person who has, or ever had, parts on two sides. `names`: what people call them."""
    parts: dict[str, list[ProjectPart]] = {}
    for each in people:
        parts.setdefault(each.person, []).append(each.part)
    return tuple(
        Reason(
            "project.people",
            say(
                "{person} cannot be all of: {parts}. Who pseudonymises or keeps the additional information, who uses and who reviews are different persons (PIPA art. 28-4).",
                person=names.get(person, person), parts=tuple(part for part in ProjectPart if part in had),
            ),
        )
        for person, had in sorted(parts.items())
        if len({SIDES[part] for part in had}) > 1
    )  # fmt: skip


def concerns(actor: Actor, project: Project) -> bool:
    """Whether this person may know of a project, its people and what was destroyed of it: they have or had a part,
    lead at its provider or processor, review, or look after the site."""
    ours = actor.organisation in (project.organisation, project.processor) and bool(actor.roles & _LEADING)
    part = any(each.person == actor.id for each in project.people)
    return part or ours or bool(actor.roles & {Role.REVIEWER, Role.OPERATOR})


def reasons_not_to_open(
    actor: Actor, project: Project, now: str, names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Reason, ...]:
    """What a project lacks that `actor` wants to open."""
    other = project.organisation != actor.organisation
    under_contract = Role.OPERATOR in actor.roles and project.processor == actor.organisation
    without = project.basis.forbids_identifying
    checks = (
        (not actor.roles & _LEADING, Reason("project.role", say("Only a provider or an operator opens a project."))),
        (other and not under_contract, Reason("project.organisation", say("A project is opened by the provider, or by an operator who works for it under contract (PIPA art. 26): name your organisation as the processor."))),
        (len(project.reason.strip()) < 10, Reason("project.reason", say("Say in a sentence what it is for (at least 10 characters)."))),
        (without and project.purpose is Purpose.OTHER_BASIS, Reason("project.purpose", say("Articles 28-2 and 28-3 allow three purposes: statistics, scientific research, archiving in the public interest."))),
        (not without and not project.evidence.strip(), Reason("project.evidence", say("Another basis needs its evidence: which consent, contract, statute or safety measure."))),
        (without and project.keep_mapping, Reason("project.mapping", say("A table of persons and pseudonyms is kept on another basis only: under articles 28-2 and 28-3 nobody may use it (PIPA art. 28-5)."))),
        (project.valid_until <= now, Reason("project.period", say("The processing period must end in the future."))),
        (not project.named(ProjectPart.PSEUDONYMISER), Reason("project.nobody", say("Name who pseudonymises."))),
        (not project.named(ProjectPart.KEEPER), Reason("project.no-keeper", say("Name who keeps the additional information."))),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong) + reasons_against_people(project.people, names)


def reasons_not_to_lead(actor: Actor, project: Project) -> tuple[Reason, ...]:
    """Why `actor` may not change who takes part, the period, the key, or close it."""
    ours = actor.organisation in (project.organisation, project.processor) and bool(actor.roles & _LEADING)
    using = actor.id in project.named(ProjectPart.USER, ProjectPart.REVIEWER)
    checks = (
        (not ours, Reason("project.lead", say("Only the provider's people, or its processor's, change project {project}.", project=project.name))),
        (using, Reason("project.side", say("You use or review in project {project}: its key and its people are for others.", project=project.name))),
        (project.state is not ProjectState.OPEN, _closed(project)),
    )  # fmt: skip
    return tuple(reason for wrong, reason in checks if wrong)


def reasons_not_to_end_key(actor: Actor, project: Project) -> tuple[Reason, ...]:
    """Why `actor` may not destroy an edition of the key: whoever leads the project or keeps it may, closed or not."""
    if actor.id in project.named(ProjectPart.KEEPER):
        return ()
    return tuple(r for r in reasons_not_to_lead(actor, project) if r.code != "project.closed")


def reasons_not_to_pseudonymise(
    actor: Actor, project: Project, datasets: Sequence[Dataset], has_key: bool, now: str
) -> tuple[Reason, ...]:
    """Why `actor` may not make pseudonyms of `datasets` under this project."""
    others = [d for d in datasets if d.organisation != project.organisation]
    named = actor.id in project.named(ProjectPart.PSEUDONYMISER)
    checks = (
        (project.state is not ProjectState.OPEN, _closed(project)),
        (now >= project.valid_until, _over(project)),
        (not named, Reason("project.pseudonymiser", say("You are not named as a pseudonymiser of project {project}.", project=project.name))),
        (not has_key, Reason("project.no-key", say("The key of project {project} was destroyed: nothing is pseudonymised under it any more.", project=project.name))),
    )  # fmt: skip
    reasons = [reason for wrong, reason in checks if wrong]
    reasons.extend(Reason("project.provider", say("{name} is not data of {organisation}, whose project this is.", name=d.name, organisation=project.organisation)) for d in others)  # fmt: skip
    return tuple(reasons)


def reasons_not_to_use(
    actor: Actor, projects: Iterable[Project], now: str, *, to_make: bool = False
) -> tuple[Reason, ...]:
    """Why `actor` may not use what was pseudonymised under these projects: beyond Permits and duties. `to_make`: it
    is measured before its review, or a recipe is carried on, which is for who pseudonymises."""
    every = tuple(projects)
    reasons = list(reasons_of_period(every, now))
    for project in every:
        users = project.named(ProjectPart.USER)
        named = any(
            each.part is ProjectPart.USER for each in project.people
        )  # also where the last one has left
        makes = to_make and actor.id in project.named(ProjectPart.PSEUDONYMISER)
        if named and actor.id not in users and not makes:
            reasons.append(Reason("project.user", say("Project {project} names who uses its data, and you are not among them.", project=project.name)))  # fmt: skip
    return tuple(reasons)


def reasons_of_period(projects: Iterable[Project], now: str) -> tuple[Reason, ...]:
    """The projects whose processing period has ended: nobody uses or hands on what was made under them."""
    return tuple(_over(project) for project in projects if now >= project.valid_until)


def reasons_not_to_restore(
    actor: Actor, projects: Sequence[Project], own: Project | None, site_of: str, now: str
) -> tuple[Reason, ...]:
    """Why `actor` may not ask to restore, or confirm it. `projects` are all that the data went through, `own` the
    one that made its pseudonyms, `site_of` the organisation whose site this is."""
    reasons = [
        Reason("pipa.28-5", say("This data was pseudonymised under {basis} (project {project}): nobody may process it in order to identify anyone (art. 28-5). No Permit and no role changes that.", basis=project.basis, project=project.name))
        for project in projects
        if project.basis is not Basis.OTHER
    ]  # fmt: skip
    if own is None:
        reasons.append(Reason("restore.no-project", say("It was not pseudonymised here under a declared project on another basis, and so counts as pseudonymised under PIPA art. 28-2: nobody may identify anyone in it (art. 28-5).")))  # fmt: skip
        return tuple(reasons)
    checks = (
        (site_of != own.organisation, Reason("restore.site", say("Restoring is for the provider's own site. This is the site of {organisation}.", organisation=site_of))),
        (not own.keep_mapping, Reason("restore.mapping", say("Project {project} keeps no table of persons and pseudonyms.", project=own.name))),
        (now >= own.valid_until, _over(own)),
        (actor.organisation != own.organisation, Reason("restore.organisation", say("Only people of {organisation} ask for it and confirm it.", organisation=own.organisation))),
        (actor.id in own.named(ProjectPart.USER, ProjectPart.REVIEWER), Reason("restore.side", say("You use or review in project {project}, and so may not learn who is in it.", project=own.name))),
        (not actor.roles & _LEADING, Reason("restore.role", say("Only a provider or an operator of that organisation may."))),
    )  # fmt: skip
    return tuple(reasons) + tuple(reason for wrong, reason in checks if wrong)


def reasons_not_to_link(kind: str, given: Sequence[tuple[Dataset, Sequence[Project]]]) -> tuple[Reason, ...]:
    """Why a kind may not link these, each with the projects that it went through: a row that is linked with the same
    person's own record is a pseudonym undone, by whatever kind."""
    personal = [d.name for d, _ in given if d.sensitivity is Sensitivity.PERSONAL]
    if kind not in LINKING or not personal:
        return ()
    return tuple(
        Reason(
            "pipa.28-5",
            say("{name} was pseudonymised under PIPA art. 28-2 or 28-3, and {personal} is personal information: linked with each other they would say who is who (art. 28-5). No Permit and no role changes that.", name=d.name, personal=personal[0]),
            say("Pseudonymise {personal} too, under the same project, and link what comes of it; or link first and pseudonymise then.", personal=personal[0]),
        )
        for d, projects in given
        if d.sensitivity is Sensitivity.PSEUDONYMISED
        and (not projects or any(each.basis.forbids_identifying for each in projects))
    )  # fmt: skip


def reasons_not_to_confirm(actor: Actor, done_by: str) -> tuple[Reason, ...]:
    """A second person confirms: what somebody did or asked for, another looks at."""
    same = Reason(
        "confirm.same", say("Another person than the one who did it, or asked for it, confirms it.")
    )
    return (same,) if actor.id == done_by else ()


def _closed(project: Project) -> Reason:
    return Reason("project.closed", say("Project {project} is closed.", project=project.name))


def _over(project: Project) -> Reason:
    return Reason("project.over", say("The processing period of project {project} ended on {day}.", project=project.name, day=project.valid_until[:10]))  # fmt: skip
