"""Everything that can be set from outside, in frozen values.

Read once by a door (`Settings.from_environment`) and handed down; nothing else reads the environment.

| variable | means | default |
|---|---|---|
| `DALGU_SITE` | the site's folder | `site` in the current folder |
| `DALGU_KEYS` | the folder of the site's keys, apart from the site | named in `site.toml` |
| `DALGU_SESSION` | the file that holds who is signed in | one per site under the user's state folder |
| `DALGU_LANG` | `ko` or `en` | the locale's |
| `DALGU_URL` | of `dalgu zone try`: the address of a site elsewhere | a site on this machine |
| `DALGU_TOKEN` | your token there | none |
| `DALGU_DEBUG` | show the traceback of a fault of dalgu itself | not set |

What a served site is told besides stands in `settings.toml` in its folder, which need not exist. Relative
paths count from there. A secret is never in it, only the path of a file that nobody but its owner may read
(mode 0600).

| section | key | means | default |
|---|---|---|---|
| `[serve]` | `host` | the address to listen on | `127.0.0.1` |
| | `port` | the port; 0 takes a free one | 8080 |
| | `certificate`, `key` | files (PEM) for TLS, both or neither | plain HTTP |
| | `public_url` | how people reach the site, when not as host and port | made of host and port |
| | `behind_proxy` | believe the proxy's word on who calls and how (X-Forwarded-For, -Proto) | `false` |
| | `metrics_to` | the addresses that may read `/metrics` | this machine |
| | `uploads_gb` | how much one person may have on its way here at once, in GB | 20 |
| | `require_factor` | roles that need a second factor, such as `["operator", "reviewer"]` | none |
| `[oidc]` | `issuer`, `client_id` | sign-in by OpenID Connect: the provider's address and our name there | none |
| | `client_secret_file` | the secret that goes with `client_id` | none |
| `[mail]` | `host`, `sender` | notices by e-mail: the SMTP server and the address they come from | none |
| | `port`, `starttls` | its port, and whether the line is encrypted | 587, `true` |
| | `user`, `password_file` | for servers that want a sign-in, both or neither | none |
| `[webhook]` | `url` | notices by HTTP POST, for gateways to messengers and SMS | none |
| | `secret_file` | what each notice is signed with | none |
| `[log]` | `file` | where the log of `dalgu serve` goes | standard error |
| | `bytes`, `keep` | a log of this size is put aside, and so many old ones are kept | 10000000, 5 |
| | `level` | from where on: `debug`, `info`, `warning` or `error` | `warning` |
| `[telemetry]` | `endpoint` | where traces go (OTLP over HTTP) | nowhere |
| `[vault]` | `keys` | the folder of what would undo pseudonyms, kept by other people | `vault` in the key folder |
| `[reviews]` | `days_to_speak` | after so many days a panel waits no more for a member who has not spoken | 14 |
| `[zone]` | `permit_days` | how long a Permit is asked for where its request does not say, in days | 25 |
| | `hand_on_h` | after how many hours without a vote another reviewer is asked | 72 |
| | `expire_days` | after how many days in one state what waits in the airlock expires | 30 |
| | `won_per_cpu_h` | what a processor hour costs here, in won: what a Permit may come to is told before it is granted; 0 is no price | 0 |
| | `live_log` | whether operators may follow what a script prints while it runs | `true` |
| | `log_kept_min` | how long it is kept when its Run has ended, in minutes; 0 destroys it at once | 15 |
| | `dataset_epsilon` | the epsilon of all noisy answers from one Dataset together, whoever asked; 0: only what Permits allow | 20 |
| | `refused_packages` | names of packages that may not be brought in, besides those that are known to have been used for attacks | none |
| `[disclosure]` | `smallest_cell`, `degrees_of_freedom`, `dominance_n`, `dominance_percent`, `p_percent`, `zeros_disclosive`, `rounding_base`, `most_rows`, `file_types` | the loosest rules for what leaves that a Permit may be asked for with, and what a request begins with | ACRO's: 10, 10, 2, 90, 10, `true`, 5; 1000, `["csv", "json", "png", "txt"]` |
| `[linkage]` | `designated` | of an expert agency (결합전문기관): by whom and when it was designated | it is not |
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from .errors import Invalid
from .language import Message, reader_language, say

_Plain = TypeVar("_Plain")
SITE_FILE = "settings.toml"


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where the portal and the API are."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    key: Path | None = None
    public_url: str | None = None
    behind_proxy: bool = False
    metrics_to: tuple[str, ...] = ("127.0.0.1",)
    require_factor: tuple[str, ...] = ()
    uploads_gb: int = 20


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """The OpenID Connect provider where people may sign in."""

    issuer: str
    client_id: str
    client_secret_file: Path | None = None


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The SMTP server that notices go through."""

    host: str
    sender: str
    port: int = 587
    user: str | None = None
    password_file: Path | None = None
    starttls: bool = True


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where notices are posted."""

    url: str
    secret_file: Path | None = None


@dataclass(frozen=True, slots=True)
class LogSettings:
    file: Path | None = None
    bytes: int = 10_000_000
    keep: int = 5
    level: str = "warning"


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """Where the additional information is (PIPA art. 28-4)."""

    keys: Path | None = None


@dataclass(frozen=True, slots=True)
class ReviewsSettings:
    """How panels work."""

    days_to_speak: int = 14


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """The data safe zone (데이터안심구역)."""

    permit_days: int = 25
    hand_on_h: int = 72
    expire_days: int = 30
    won_per_cpu_h: int = 0
    live_log: bool = True
    log_kept_min: int = 15
    dataset_epsilon: int = 20
    refused_packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DisclosureSettings:
    """The loosest disclosure rules that a Permit may be asked for with (`nouns.disclosure`)."""

    smallest_cell: int = 10
    degrees_of_freedom: int = 10
    dominance_n: int = 2
    dominance_percent: int = 90
    p_percent: int = 10
    zeros_disclosive: bool = True
    rounding_base: int = 5
    most_rows: int = 1000
    file_types: tuple[str, ...] = ("csv", "json", "png", "txt")


@dataclass(frozen=True, slots=True)
class LinkageSettings:
    """What this site is where data of different controllers is linked (PIPA art. 28-3)."""

    designated: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """All of `settings.toml`. A section that is None is not used."""

    serve: ServeSettings = field(default_factory=ServeSettings)
    oidc: OidcSettings | None = None
    mail: MailSettings | None = None
    webhook: WebhookSettings | None = None
    log: LogSettings = field(default_factory=LogSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    vault: VaultSettings = field(default_factory=VaultSettings)
    reviews: ReviewsSettings = field(default_factory=ReviewsSettings)
    linkage: LinkageSettings = field(default_factory=LinkageSettings)
    zone: ZoneSettings = field(default_factory=ZoneSettings)
    disclosure: DisclosureSettings = field(default_factory=DisclosureSettings)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a door knows before it opens a site."""

    site: Path = Path("site")
    keys: Path | None = None
    session: Path | None = None
    language: str = "en"
    lease_s: float = 15.0
    """How long a Run's lease holds without a heartbeat."""
    lock_timeout_s: float = 30.0
    """How long a write waits for another process before it says Unavailable."""
    warm_children: int = 1
    """Idle child processes that wait for the next Run."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        environment = os.environ if environment is None else environment

        def folder(name: str) -> Path | None:
            return Path(environment[name]).expanduser() if environment.get(name) else None

        return cls(
            site=folder("DALGU_SITE") or Path("site"),
            keys=folder("DALGU_KEYS"),
            session=folder("DALGU_SESSION"),
            language=reader_language(environment),
        )

    def at(self, site: Path | str) -> Settings:
        """The same settings for another site."""
        return replace(self, site=Path(site))

    def served(self) -> Served:
        """What `settings.toml` says, read now. Raises Invalid naming the section and the key."""
        path = self.site / SITE_FILE
        return served(path.read_bytes(), self.site) if path.exists() else Served()


def user_data_folder() -> Path:
    """Where this user's own data lies (XDG base directory specification)."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "dalgubeol"


def user_state_folder() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "dalgubeol"


def secret(path: Path, name: str = "secret file") -> str:
    """What a file holds that only its owner may read; the newline at its end does not count. Raises Invalid."""
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Invalid.field(name, expected=say("a file that can be read"), got=say("none")) from None
    if mode & 0o077:
        raise Invalid(
            f"invalid.{name}",
            say("{path} can be read by others than its owner.", path=path),
            say("Type `chmod 600 {path}`, and change the secret if others may have read it.", path=path),
        )
    if not text:
        raise Invalid.field(name, expected=say("a secret"), got=say("an empty file"))
    return text


def served(text: bytes, folder: Path) -> Served:
    """The one builder of what `settings.toml` says. Raises Invalid naming the section and the key."""
    import tomllib

    try:
        values = tomllib.loads(text.decode())
    except ValueError:  # TOMLDecodeError and UnicodeDecodeError are such
        raise Invalid.field(SITE_FILE, expected=say("a file in TOML"), got=say("something else")) from None
    _check_known(values, _SECTIONS, "")
    made = Served(**{name: _section(_SECTIONS[name], name, values[name], folder) for name in values})
    _check_pairs(made)
    return made


def check_secrets(made: Served) -> None:
    """Raises Invalid for a file of a secret that is not there, or that others may read. Not part of reading the
    settings: a site that was restored elsewhere opens before its secrets are brought."""
    for name, path in _secret_files(made):
        secret(path, name)


def keys_of_site_file() -> tuple[tuple[str, str], ...]:
    """Every (section, key) that `settings.toml` may hold."""
    return tuple((name, f.name) for name, kind in _SECTIONS.items() for f in fields(kind))


_SECTIONS: Mapping[str, Any] = {
    "serve": ServeSettings, "oidc": OidcSettings, "mail": MailSettings, "webhook": WebhookSettings,
    "log": LogSettings, "telemetry": TelemetrySettings, "vault": VaultSettings, "reviews": ReviewsSettings,
    "linkage": LinkageSettings, "zone": ZoneSettings, "disclosure": DisclosureSettings,
}  # fmt: skip


def _section(kind: Any, name: str, values: object, folder: Path) -> Any:
    if not isinstance(values, dict):
        raise Invalid.field(f"[{name}]", expected=say("a section"), got=say("a value"))
    types = get_type_hints(kind)
    _check_known(values, types, f"{name}.")
    needed = [f.name for f in fields(kind) if f.default is MISSING]
    for key in needed:
        if key not in values:
            raise Invalid.field(f"{name}.{key}", expected=say("given, or the section left out"), got=say("absent"))  # fmt: skip
    return kind(**{key: _value(types[key], f"{name}.{key}", values[key], folder) for key in values})


def _value(type_: Any, name: str, value: object, folder: Path) -> object:
    if type_ is bool:
        return _of(bool, name, value, say("true or false"))
    if type_ is int:
        least, most = _BOUNDS[name]
        number = _of(int, name, value, expected := say("{least} to {most}", least=least, most=most))
        if isinstance(number, bool) or not least <= number <= most:
            raise Invalid.field(name, expected=expected, got=number)
        return number
    if type_ == tuple[str, ...]:
        items = _of(list, name, value, say("a list of texts"))
        return tuple(_of(str, name, item, say("a list of texts")) for item in items)
    text = _of(str, name, value, say("a text"))
    if not text:
        raise Invalid.field(name, expected=say("a text"), got=say("an empty one"))
    if name in _ADDRESSES and not text.startswith(("http://", "https://")):
        raise Invalid.field(name, expected=say("an address with http:// or https://"), got=say("something else"))  # fmt: skip
    if name in _WORDS and text not in _WORDS[name]:
        raise Invalid.field(name, expected=say("one of: {words}", words=", ".join(_WORDS[name])), got=say("another word"))  # fmt: skip
    return folder / Path(text).expanduser() if type_ == Path | None else text


_BOUNDS = {"serve.port": (0, 65535), "serve.uploads_gb": (1, 100_000), "mail.port": (1, 65535), "log.bytes": (10_000, 10**12), "log.keep": (1, 1000), "zone.permit_days": (1, 3650), "zone.hand_on_h": (1, 8760), "zone.expire_days": (1, 3650), "zone.dataset_epsilon": (0, 10_000), "zone.log_kept_min": (0, 1440), "zone.won_per_cpu_h": (0, 100_000_000), "reviews.days_to_speak": (1, 365), **{f"disclosure.{name}": bounds for name, bounds in {"smallest_cell": (10, 1_000_000), "degrees_of_freedom": (1, 1_000_000), "dominance_n": (1, 100), "dominance_percent": (1, 100), "p_percent": (0, 100), "rounding_base": (1, 1_000_000), "most_rows": (1, 1_000_000)}.items()}}  # fmt: skip
_WORDS = {"log.level": ("debug", "info", "warning", "error")}
_ADDRESSES = frozenset({"serve.public_url", "oidc.issuer", "webhook.url", "telemetry.endpoint"})


def _of(type_: type[_Plain], name: str, value: object, expected: Message) -> _Plain:
    if not isinstance(value, type_):
        raise Invalid.field(name, expected=expected, got=say("another type of value"))
    return value


def _check_known(values: Iterable[str], known: Iterable[str], before: str) -> None:
    from difflib import get_close_matches

    for key in values:
        if key not in known:
            near = get_close_matches(key, list(known), 1, 0.5)
            names = ", ".join(f"`{before}{name}`" for name in near or sorted(known))
            raise Invalid(
                "invalid.settings",
                say("{file} has no setting '{name}'.", file=SITE_FILE, name=f"{before}{key}"),
                say("Did you mean {names}?", names=names) if near else say("It knows: {names}.", names=names),
            )


def _check_pairs(made: Served) -> None:
    serve, mail = made.serve, made.mail
    if (serve.certificate is None) is not (serve.key is None):
        raise Invalid.field("serve.certificate", expected=say("given with serve.key, or neither"), got=say("only one"))  # fmt: skip
    if mail is not None and (mail.user is None) is not (mail.password_file is None):
        raise Invalid.field("mail.user", expected=say("given with mail.password_file, or neither"), got=say("only one"))  # fmt: skip


def _secret_files(made: Served) -> list[tuple[str, Path]]:
    found = {
        "oidc.client_secret_file": made.oidc.client_secret_file if made.oidc else None,
        "mail.password_file": made.mail.password_file if made.mail else None,
        "webhook.secret_file": made.webhook.secret_file if made.webhook else None,
        "serve.key": made.serve.key,
    }
    return [(name, path) for name, path in found.items() if path is not None]
