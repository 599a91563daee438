from __future__ import annotations

import pytest
from starlette.responses import Response

from dalgubeol.doors.serve import cookie


def test_what_is_put_is_held() -> None:
    answer = Response()
    cookie.put(answer, b"{held}", 60, secure=False)
    told = answer.headers["set-cookie"]
    value = told.partition("=")[2].partition(";")[0]
    assert cookie.held({"dalgu_session": value}, secure=False) == b"{held}"
    assert all(word in told for word in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert "Secure" not in told


def test_under_tls_no_other_host_can_plant_one() -> None:
    answer = Response()
    cookie.put(answer, b"x", 60, secure=True)
    assert answer.headers["set-cookie"].startswith("__Host-dalgu_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert cookie.held({"dalgu_session": "eA"}, secure=True) is None


@pytest.mark.parametrize("value", ["", "가", "!", "a" * (cookie.LONGEST + 1), "a"])
def test_what_cannot_be_a_session_is_none(value: str) -> None:
    assert cookie.held({"dalgu_session": value}, secure=False) is None
    assert cookie.held({}, secure=False) is None


@pytest.mark.parametrize(("secure", "named"), [(True, "__Host-dalgu_step"), (False, "dalgu_step")])
def test_what_is_let_go_is_the_cookie_that_was_held(secure: bool, named: str) -> None:
    answer = Response()
    cookie.hold(answer, "dalgu_step", "sealed", 60, secure=secure, same_site="strict")
    cookie.let_go(answer, "dalgu_step", secure=secure)
    held, gone = (value.decode() for key, value in answer.raw_headers if key == b"set-cookie")
    assert held.startswith(f"{named}=sealed;")
    assert "SameSite=strict" in held
    assert gone.startswith(f'{named}="";')
    assert "Max-Age=0" in gone
    assert all(
        "HttpOnly" in each and "Path=/;" in each and ("Secure" in each) is secure for each in (held, gone)
    )
