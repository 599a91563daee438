"""`settings.toml` becomes frozen values, or an error that names the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from dalgubeol.errors import Invalid
from dalgubeol.settings import Served, Settings, check_secrets, secret, served


def told(text: str, folder: Path) -> Served:
    return served(text.encode(), folder)


def test_a_site_without_the_file_serves_on_loopback(tmp_path: Path) -> None:
    made = Settings().at(tmp_path).served()
    assert (made.serve.host, made.serve.port, made.serve.metrics_to) == ("127.0.0.1", 8080, ("127.0.0.1",))
    assert (made.oidc, made.mail, made.webhook, made.telemetry.endpoint) == (None, None, None, None)


def test_what_the_file_says_counts_from_the_sites_folder(tmp_path: Path) -> None:
    (tmp_path / "mail.password").write_text("hush\n")
    (tmp_path / "mail.password").chmod(0o600)
    (tmp_path / "settings.toml").write_text(
        '[serve]\nport = 0\nmetrics_to = ["10.0.0.7"]\n[log]\nfile = "log/dalgu.log"\nkeep = 9\n'
        '[mail]\nhost = "mail.example"\nsender = "site@example"\nuser = "u"\npassword_file = "mail.password"\n'
    )
    made = Settings().at(tmp_path).served()
    assert made.serve.port == 0
    assert made.serve.metrics_to == ("10.0.0.7",)
    assert made.log.file == tmp_path / "log/dalgu.log"
    assert made.log.keep == 9
    assert made.mail is not None
    assert secret(made.mail.password_file or tmp_path) == "hush"
    assert "hush" not in repr(made)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[serv]\nport = 1", "`serve`"),
        ("[serve]\nprt = 1", "`serve.port`"),
        ("[zzz]", "`log`"),
        ("[serve]\nport = 70000", "serve.port"),
        ("[serve]\nport = true", "serve.port"),
        ('[serve]\nport = "80"', "serve.port"),
        ("[serve]\nhost = 1", "serve.host"),
        ('[serve]\nhost = ""', "serve.host"),
        ("[serve]\nbehind_proxy = 1", "serve.behind_proxy"),
        ('[serve]\nmetrics_to = "10.0.0.7"', "serve.metrics_to"),
        ("[serve]\nmetrics_to = [1]", "serve.metrics_to"),
        ('[serve]\ncertificate = "x"', "serve.certificate"),
        ('[serve]\npublic_url = "site.example"', "serve.public_url"),
        ('[mail]\nhost = "x"', "mail.sender"),
        ('[mail]\nhost = "x"\nsender = "y"\nuser = "z"', "mail.user"),
        ('[oidc]\nissuer = "https://x"\nclient_id = "y"\nclient_secret_file = "gone"', "client_secret_file"),
        ("serve = 1", "[serve]"),
        ("[log]\nkeep = 0", "log.keep"),
        ("[serve", "settings.toml"),
        ("\udcff", "settings.toml"),
    ],
)
def test_what_is_wrong_is_named(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        check_secrets(served(text.encode(errors="surrogateescape"), tmp_path))
    assert named in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("hush")
    (tmp_path / "s").chmod(mode)
    with pytest.raises(Invalid, match="chmod 600"):
        check_secrets(told('[webhook]\nurl = "https://x"\nsecret_file = "s"', tmp_path))


def test_an_empty_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "s").touch(0o600)
    with pytest.raises(Invalid, match="an empty file"):
        secret(tmp_path / "s")
