"""The example configuration of nginx, run: TLS outside, the site behind it, live pages through it."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest

from .conftest import PASSWORD, Visit
from .served import serving
from .test_serve import certificate

EXAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def configuration(folder: Path, *, outside: int, inside: int, chain: Path, private: Path) -> Path:
    """The example, word for word but for names, ports and places of this machine."""
    text = EXAMPLE.read_text("utf-8").replace("data.example.org", "localhost")
    text = text.replace("/etc/dalgubeol/fullchain.pem", str(chain)).replace(
        "/etc/dalgubeol/privkey.pem", str(private)
    )
    text = text.replace("server 127.0.0.1:8080;", f"server 127.0.0.1:{inside};")
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{outside} ssl")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off;\nuser root;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{temporary}{text}}}\n"
    )
    return whole


@pytest.fixture
def proxy(visit: Visit) -> Iterator[tuple[str, Path]]:
    chain, private = certificate(visit.folder, days=30)
    outside = free_port()
    url = f"https://localhost:{outside}"
    options = ("--behind-proxy", "--public-url", url)
    with serving(
        visit.environment("operator", "en"), visit.folder, "--port", str(inside := free_port()), *options
    ):
        file = configuration(visit.folder, outside=outside, inside=inside, chain=chain, private=private)
        checked = subprocess.run(["nginx", "-t", "-q", "-c", str(file)], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        with subprocess.Popen(["nginx", "-c", str(file)]) as process:
            for _ in range(100):
                with socket.socket() as asked:
                    if asked.connect_ex(("127.0.0.1", outside)) == 0:
                        break
                time.sleep(0.05)
            yield url, chain
            process.terminate()
            process.wait(10)


def test_pages_api_and_web_sockets_come_through_it(proxy: tuple[str, Path], visit: Visit) -> None:
    url, chain = proxy
    trusting = ssl.create_default_context(cafile=str(chain))
    with httpx.Client(base_url=url, verify=trusting) as client:
        assert client.get("/").status_code == 200
        answer = client.post(
            "/sign-in", data={"login": "provider", "password": PASSWORD}, headers={"Origin": url}
        )
        assert answer.status_code == 303, answer.text
        assert "__Host-dalgu_session" in answer.headers["set-cookie"]
        assert client.get("/api/v1/datasets").status_code == 200
        assert client.get("/metrics").status_code == 404
        other = client.post(
            "/sign-in", data={"login": "provider"}, headers={"Origin": "https://evil.example"}
        )
        assert other.status_code == 403
    assert _upgraded(url, trusting).startswith("HTTP/1.1 101")


def _upgraded(url: str, trusting: ssl.SSLContext) -> str:
    """The first line of the answer to a web socket's handshake."""
    host, port = str(urlsplit(url).hostname), int(urlsplit(url).port or 443)
    request = (
        f"GET /_nicegui_ws/socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {url}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with (
        socket.create_connection((host, port), 10) as plain,
        trusting.wrap_socket(plain, server_hostname=host) as line,
    ):
        line.sendall(request.encode())
        return line.recv(4096).decode("latin-1").splitlines()[0]


def test_the_example_believes_no_caller_who_says_where_they_are_from() -> None:
    text = EXAMPLE.read_text("utf-8")
    assert re.search(r"proxy_set_header X-Forwarded-For +\$remote_addr;", text)
    assert "proxy_add_x_forwarded_for" not in text
