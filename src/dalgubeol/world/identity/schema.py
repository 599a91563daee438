"""The tables of people and of how they come in."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

IDENTITY = MetaData()

people = Table(
    "people", IDENTITY,
    Column("id", Text, primary_key=True), Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False), Column("organisation", Text, nullable=False),
    Column("roles", Text, nullable=False), Column("password_hash", Text, nullable=False),
    Column("public_key", Text, nullable=False), Column("sealed_key", LargeBinary, nullable=False),
    Column("joined_at", Text, nullable=False), Column("ended_at", Text),
)  # fmt: skip
invitations = Table(
    "invitations", IDENTITY,
    Column("code_hash", Text, primary_key=True), Column("login", Text, nullable=False),
    Column("name", Text, nullable=False), Column("organisation", Text, nullable=False),
    Column("roles", Text, nullable=False), Column("invited_by", Text, nullable=False),
    Column("expires_at", Text, nullable=False), Column("used_at", Text),
)  # fmt: skip
sessions = Table(
    "sessions", IDENTITY,
    Column("id", Text, primary_key=True), Column("person", Text, nullable=False),
    Column("half", LargeBinary, nullable=False), Column("expires_at", Text, nullable=False),
    Column("door", Text, nullable=False), Column("begun_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False), Index("sessions_person", "person"),
)  # fmt: skip
tokens = Table(
    "tokens", IDENTITY,
    Column("id", Text, primary_key=True), Column("person", Text, nullable=False),
    Column("name", Text, nullable=False), Column("scopes", Text, nullable=False),
    Column("half", LargeBinary, nullable=False), Column("sealed", LargeBinary, nullable=False),
    Column("made_at", Text, nullable=False), Column("expires_at", Text, nullable=False),
    Column("used_at", Text), Column("ended_at", Text), Index("tokens_person", "person", "id"),
)  # fmt: skip
factors = Table(  # the second factor: a secret shared with somebody's phone
    "factors", IDENTITY,
    Column("person", Text, primary_key=True), Column("sealed", LargeBinary, nullable=False),
    Column("confirmed_at", Text), Column("last_step", BigInteger, nullable=False),
    Column("recovery", Text, nullable=False),
)  # fmt: skip
failures = Table(  # wrong passwords and codes, by login
    "failures", IDENTITY,
    Column("login_hash", Text, primary_key=True), Column("count", Integer, nullable=False),
    Column("last_at", Text, nullable=False), Column("locked_until", Text),
)  # fmt: skip
subjects = Table(  # who somebody is at an OpenID Connect provider
    "subjects", IDENTITY,
    Column("issuer", Text, primary_key=True), Column("subject", Text, primary_key=True),
    Column("person", Text, nullable=False), Column("linked_at", Text, nullable=False),
    Index("subjects_person", "person"),
)  # fmt: skip
preferences = Table(
    "preferences", IDENTITY,
    Column("person", Text, primary_key=True), Column("language", Text, nullable=False),
    Column("theme", Text, nullable=False), Column("email", Text, nullable=False),
    Column("by_email", Integer, nullable=False), Column("by_webhook", Integer, nullable=False),
)  # fmt: skip
