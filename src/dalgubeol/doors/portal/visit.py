"""Who looks at a page, in which language, and how what they do there is done.

A page is a function that is given a `Visit`. It does nothing to the site by itself: `visit.do(...)` looks
again who is signed in, runs one verb in a thread, and shows an error as what it is, with its next step. A
page that was left open for a day finds that its session has ended at the next click, and nothing was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from nicegui import Client, background_tasks, run, ui
from nicegui.page import page as nicegui_page
from starlette.types import ASGIApp, Receive, Scope, Send

from ...errors import DalguError, Missing, Refused
from ...language import LANGUAGES, Message, say, word
from ...logs import log
from ...nouns.permit import Role
from ...verbs.house import notify
from ...verbs.house.house import House
from ...verbs.people import entry
from ...world.identity import SignedIn, nobody
from ..serve import cookie
from ..serve.app import Served
from .elements.shared import Shared

_T = TypeVar("_T")
THEMES = ("auto", "light", "dark")
LANGUAGE_COOKIE, THEME_COOKIE = "dalgu_language", "dalgu_theme"
_QUASAR = {"ko": "ko-KR", "en": "en-US"}

_open: list[Served] = []
_shared: list[Shared] = []


def open_for(served: Served) -> None:
    """The pages of this process are for this site."""
    _open[:], _shared[:] = [served], [Shared(served.house, served.idle_s)]
    served.at_start.append(lambda: shared().begin(served.watch))


def shared() -> Shared:
    """What all live pages of this process look at together."""
    return _shared[0]


def served() -> Served:
    return _open[0]


@dataclass(frozen=True, slots=True)
class Reader:
    """How this browser wants to read."""

    language: str = "ko"
    theme: str = "auto"


_reader: ContextVar[Reader] = ContextVar("reader", default=Reader())  # noqa: B039 - frozen


def reader_of(cookies: Mapping[str, str]) -> Reader:
    """Korean first, whatever the browser says of itself; English is one click away, and stays."""
    language, theme = cookies.get(LANGUAGE_COOKIE, "ko"), cookies.get(THEME_COOKIE, "auto")
    return Reader(language if language in LANGUAGES else "ko", theme if theme in THEMES else "auto")


class Reading:
    """ASGI middleware: language and theme of each request, for whatever is built while it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _reader.set(reader_of(cookie.cookies_of(scope)))
        await self._app(scope, receive, send)


@dataclass(slots=True)
class Visit:
    """One person (or nobody yet) at one page."""

    house: House
    reader: Reader
    held: bytes | None
    who: SignedIn | None
    path: str
    client: Client
    unread: int = 0
    """Notices that waited when the page was built."""
    factor_lacking: bool = False
    """They came in, and must set up a second factor before anything else."""
    over: ui.label | None = None
    """What is said over the page once its session has ended."""

    def text(self, message: Message | str) -> str:
        """A message in the reader's language; a str is somebody's own words and stays as it is."""
        return message.text(self.reader.language) if isinstance(message, Message) else message

    def word(self, member: Enum) -> str:
        return word(member, self.reader.language)

    @property
    def roles(self) -> frozenset[Role]:
        return self.who.actor.roles if self.who is not None else frozenset()

    @property
    def signed_in(self) -> SignedIn:
        """Who is here. Raises Refused where nobody is: for pages that are only for people who signed in."""
        if self.who is None:
            raise nobody(say("This page is for people who are signed in."))
        return self.who

    async def read(self, work: Callable[[], _T]) -> _T:
        """Run something that waits (a verb that reads) in a thread, so that it holds nobody up."""
        return cast(_T, await run.io_bound(work))

    async def attempt(self, work: Callable[[SignedIn], _T]) -> tuple[_T | None, DalguError | None]:
        """Do one thing as the person who is signed in now: what came of it, or the error, for who shows it in a
        place of its own."""
        held = self.held

        def done() -> _T:
            if held is None:
                raise nobody(say("This needs somebody who is signed in."))
            return work(entry.entered(self.house, held, served().idle_s))

        try:
            return cast(_T, await run.io_bound(done)), None
        except DalguError as error:
            return None, error
        except Exception as error:  # a fault of ours is told as one, and the page stays
            log("portal").error("broken", code=type(error).__name__, path=self.path)
            return None, broken(error)

    async def do(self, work: Callable[[SignedIn], _T]) -> _T | None:
        """The same; None where it did not succeed: the reason is shown."""
        result, error = await self.attempt(work)
        if error is not None:
            self.show(error)
        return result

    async def do_as_anybody(self, work: Callable[[], _T]) -> _T | None:
        """Do what everybody may do. None where it did not succeed: the reason is shown."""
        try:
            return cast(_T, await run.io_bound(work))
        except DalguError as error:
            self.show(error)
        except Exception as error:  # a fault of ours is told as one, and the page stays
            log("portal").error("broken", code=type(error).__name__, path=self.path)
            self.show(broken(error))
        return None

    def show(self, error: DalguError) -> None:
        """An error as a dialog: what happened, every reason, the next step."""
        from .elements.frame import error_dialog

        with self.client:
            error_dialog(self, error)

    def live(self, again: Callable[[], Awaitable[None] | None], most_often_s: float = 0.7) -> None:
        """Call `again` whenever the site has changed, for as long as this page is looked at and its session lasts:
        a tab that was left open shows nothing new to whoever passes by."""
        loop, client = asyncio.get_running_loop(), self.client
        due = asyncio.Event()

        async def follow() -> None:
            while True:
                await due.wait()
                due.clear()
                if self.who is not None and self.who.session not in (await shared().look()).alive:
                    self.session_ended()
                    return
                with client:
                    result = again()
                    if result is not None:
                        await result
                await asyncio.sleep(most_often_s)

        end = served().watch.subscribe(lambda: loop.call_soon_threadsafe(due.set))
        task = background_tasks.create(follow(), name=f"live {self.path}")

        def over() -> None:
            end()
            task.cancel()

        client.on_delete(over)

    def session_ended(self, what: Message | None = None) -> None:
        """Say so over the page, once, with the way back to it; `what` is said instead of what was said before."""
        from .elements.frame import session_dialog

        if self.over is None:
            with self.client:
                self.over = session_dialog(self, what or say("What you see here is as it was then."))
        elif what is not None:
            self.over.set_text(self.text(what))

    def sign_in_address(self) -> str:
        return f"/sign-in?next={quote(self.path)}"


class _Page(nicegui_page):
    """A page in the reader's language and theme."""

    def resolve_language(self) -> Any:
        return _QUASAR[_reader.get().language]

    def resolve_dark(self) -> bool | None:
        return {"light": False, "dark": True}.get(_reader.get().theme)


def page(
    path: str, title: Message, *, public: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an async function `build(visit, **path parameters)` a page. Nobody signed in: the sign-in form
    first, unless it is `public`. An error while it is built is a page too: what happened, and what next."""

    def made(build: Callable[..., Awaitable[None]]) -> Callable[..., Any]:
        import inspect

        parameters = list(inspect.signature(build, eval_str=True).parameters.values())[1:]

        @wraps(build)
        async def shown(request: Request, **given: Any) -> Response | None:
            from .elements.frame import error_page, frame

            visit = await _visit(request)
            if visit.factor_lacking:
                return RedirectResponse("/account/factor", 303)
            if visit.who is None and not public:
                return RedirectResponse(visit.sign_in_address(), 303)
            ui.context.client.title = f"{visit.text(title)} · {visit.text(say('Dalgubeol'))}"
            try:
                with frame(visit):
                    await build(visit, **given)
            except DalguError as error:
                error_page(visit, error)
            except Exception as error:  # a fault of ours has a page of its own, too
                log("portal").error("broken", code=type(error).__name__, path=path)
                error_page(visit, broken(error))
            return None

        of_request = inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)
        shown.__signature__ = inspect.Signature([of_request, *parameters])  # type: ignore[attr-defined]
        shown.__annotations__ = {p.name: p.annotation for p in (of_request, *parameters)}
        _Page(path)(shown)
        return build

    return made


async def nothing_here(request: Request, error: Exception) -> Response:
    """The answer where no page is: a page too, for whoever reads pages."""
    from .elements.frame import error_page

    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse("There is nothing at this address.\n", 404)
    missing = Missing("page.missing", say("There is nothing at this address."), say("See whether it was typed right, or go to the start."))  # fmt: skip
    with Client(_Page(""), request=request) as client:
        visit = await _visit(request)
        client.title = visit.text(missing.detail)
        error_page(visit, missing)
    return client.build_response(request, 404)


async def _visit(request: Request) -> Visit:
    here = served()
    held = cookie.held(dict(request.cookies), secure=here.secure)
    who, unread, lacking = None, 0, False
    if held is not None:
        try:
            who, unread = cast(tuple[SignedIn, int], await run.io_bound(_who, here, held))
        except Refused as error:
            lacking = error.code == "login.factor_needed"
            held = None  # it has ended, or may do nothing yet: they are nobody here
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Visit(here.house, reader_of(request.cookies), held, who, path, ui.context.client, unread, lacking)


def _who(here: Served, held: bytes) -> tuple[SignedIn, int]:
    who = entry.entered(here.house, held, here.idle_s)
    return who, notify.unread(here.house, who)


def broken(error: Exception) -> DalguError:
    """What no family covers. Its own text stays unsaid: it could hold data."""
    return DalguError(
        "dalgu.broken",
        say("dalgu itself is at fault ({what}).", what=type(error).__name__),
        say("Tell the operator what you did and when; nothing half-written is left."),
    )
