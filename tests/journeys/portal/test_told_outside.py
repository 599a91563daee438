"""A decision in one browser becomes an e-mail and a signed message to a gateway, by a served site itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dalgubeol.verbs.house import notify
from dalgubeol.verbs.keeping import deliver
from dalgubeol.verbs.people import entry
from dalgubeol.world.identity.preferences import Preferences

from ...unit.verbs.test_deliver import Box, mail_server, receiver
from ..conftest import PASSWORD
from .conftest import Opened

pytestmark = pytest.mark.slow
SECRET = "a secret of the gateway"


def test_the_author_is_told_by_mail_and_gateway(portal_with: Opened, tmp_path: Path) -> None:
    key, letters, calls = tmp_path / "gateway.secret", Box(), Box()
    key.write_text(SECRET)
    key.chmod(0o600)
    with mail_server(letters) as port, receiver(calls) as url:
        portal = portal_with(
            f'[serve]\npublic_url = "http://data.example.kr"\n[mail]\nhost = "127.0.0.1"\nport = {port}\nstarttls = false\n'
            f'sender = "site@data.example.kr"\n[webhook]\nurl = "{url}"\nsecret_file = "{key}"\n'
        )
        house = portal.house()
        _, held = entry.enter(house, "analyst", PASSWORD, door="test")
        wished = Preferences("ko", "auto", "lee@lab.example", by_email=True, by_webhook=True)
        notify.prefer(house, entry.entered(house, held), wished)
        assert letters.taken == calls.taken == []
        from dalgubeol.verbs.airlock import review

        _, theirs = entry.enter(house, "reviewer1", PASSWORD, door="test")
        [waits] = [r for r in review.queue(house) if "small" in r.context]
        review.vote(house, entry.entered(house, theirs), waits.run, False, "secret words to the author")
        for _ in range(450):
            if letters.taken and calls.taken:
                break
            portal.browser.contexts  # noqa: B018 - the loop of the browser goes on
            import time

            time.sleep(0.1)
    [(to, mail)], [(headers, body)] = letters.taken, calls.taken
    assert to == ["lee@lab.example"]
    said = json.loads(body)
    assert said["link"] == f"http://data.example.kr/airlock/{waits.run}"
    assert said["link"] in mail.get_content()
    assert headers["X-Dalgu-Signature"] == deliver.signature(
        SECRET.encode(), headers["X-Dalgu-Timestamp"], body
    )
    for text in (said["text"], mail.get_content(), mail["Subject"]):
        assert "반출되지 않았습니다" in text
        assert "secret words" not in text
