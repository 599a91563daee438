"""`dalgu serve` as a process: it starts quickly, serves, conducts, and stops cleanly."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import ssl
import time
import urllib.request
from pathlib import Path

import httpx2 as httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .conftest import PASSWORD, Visit
from .served import serving


def certificate(folder: Path, *, days: int) -> tuple[Path, Path]:
    """A certificate for localhost that is valid until so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    chain, private = folder / "chain.pem", folder / "private.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
    private.chmod(0o600)
    return chain, private


def sign_in(client: httpx.Client, login: str) -> None:
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD, "next": "/"})
    assert answer.status_code == 303, answer.text[:3000]


def test_it_starts_within_four_seconds_answers_and_stops_cleanly(visit: Visit) -> None:
    """The start is counted in seconds of the processor, as other tests run beside it; the wall's is in the
    scenario `portal-load`."""
    with serving(visit.environment("operator", "en"), visit.folder) as server:
        home = httpx.get(server.url)
        fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
        assert (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") < 4
        assert home.status_code == 200
        assert 'lang="ko-KR"' in home.text
        with httpx.Client(base_url=server.url) as client:
            sign_in(client, "provider")
            names = [d["name"] for d in client.get("/api/v1/datasets").json()["items"]]
            assert names == ["log", "claims"]
        told = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert time.monotonic() - told < 7
    assert (visit.folder / "serve.err").read_text() == ""


def test_where_nothing_is_people_read_a_page_and_programs_a_line(visit: Visit) -> None:
    with serving(visit.environment("operator", "en"), visit.folder) as server:
        page = httpx.get(f"{server.url}/nothing?<script>", headers={"accept": "text/html"})
        assert page.status_code == 404
        assert "이 주소에는 아무것도 없습니다" in page.text
        assert httpx.get(f"{server.url}/nothing").text == "There is nothing at this address.\n"
    assert (visit.folder / "serve.err").read_text() == ""


def test_it_conducts_runs_that_come_in_by_another_door(visit: Visit) -> None:
    with serving(visit.environment("operator", "en"), visit.folder):
        done = visit.dalgu("engineer", "run", "adapt", "log", "--batch", "batch", "--json")
        assert json.loads(done.stdout)["state"] == "done", done.stderr


def test_a_second_server_on_a_site_is_told_so(visit: Visit) -> None:
    with serving(visit.environment("operator", "en"), visit.folder):
        second = visit.dalgu("operator", "serve", "--port", "0")
        assert second.returncode == 13
        assert "conductor" in second.stderr


def test_after_a_kill_it_starts_again_and_whoever_was_signed_in_still_is(visit: Visit) -> None:
    with serving(visit.environment("operator", "en"), visit.folder) as server:
        client = httpx.Client(base_url=server.url)
        sign_in(client, "provider")
        server.process.kill()
        server.process.wait()
    with serving(visit.environment("operator", "en"), visit.folder) as server:
        again = httpx.get(f"{server.url}/api/v1/datasets", cookies=client.cookies)
        assert again.status_code == 200
    client.close()


def test_a_taken_port_is_unavailable(visit: Visit) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = visit.dalgu("operator", "serve", "--port", str(taken.getsockname()[1]))
    assert answer.returncode == 14
    assert "--port" in answer.stderr


def test_it_serves_by_tls_with_a_cookie_that_travels_by_tls_only(visit: Visit) -> None:
    chain, private = certificate(visit.folder, days=30)
    options = ("--certificate", str(chain), "--key", str(private))
    with serving(visit.environment("operator", "en"), visit.folder, *options) as server:
        assert server.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(chain))
        url = server.url.replace("127.0.0.1", "localhost")
        with httpx.Client(base_url=url, verify=trusting) as client:
            answer = client.post("/sign-in", data={"login": "provider", "password": PASSWORD})
            assert answer.status_code == 303
            assert "__Host-dalgu_session" in answer.headers["set-cookie"]
            assert "Secure" in answer.headers["set-cookie"]
            assert "strict-transport-security" in answer.headers
            assert client.get("/api/v1/datasets").status_code == 200


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "expired"), (None, "cannot be used")], ids=["expired", "another's key"]
)
def test_a_certificate_that_cannot_serve_is_refused_at_the_start(
    visit: Visit, tmp_path: Path, days: int | None, code: str
) -> None:
    chain, private = certificate(visit.folder, days=days or 30)
    if days is None:
        _, private = certificate(tmp_path, days=30)
    answer = visit.dalgu(
        "operator", "serve", "--port", "0", "--certificate", str(chain), "--key", str(private)
    )
    assert answer.returncode == 11
    assert code in answer.stderr
    assert "→" in answer.stderr


def test_settings_toml_says_where_it_listens_and_the_command_line_goes_first(visit: Visit) -> None:
    (visit.site / "settings.toml").write_text('[serve]\nhost = "192.0.2.1"\nport = 1\n')
    assert visit.dalgu("operator", "serve").returncode == 14
    with serving(visit.environment("operator", "en"), visit.folder, "--host", "127.0.0.1") as server:
        assert urllib.request.urlopen(server.url + "/healthz").status == 200
