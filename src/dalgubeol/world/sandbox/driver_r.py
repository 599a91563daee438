"""Executes a script of R in base R, inside the sandbox (see runner.py).

Rules: R is started directly, without the shell that its front end is; nothing of a user's profile is read. The table
is the data frame `data`, read from a CSV that is written into the sandbox's own memory, for base R reads no Parquet.
Of an error R tells a number (which class of ERRORS) and a line, through a pipe, and no text.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

R_HOME = Path("/usr/lib/R")
PROGRAM = R_HOME / "bin/exec/R"
SCRIPT, DATA, TABLE, WRAPPER = "/code/script.R", "/data/data.parquet", "/tmp/data.csv", "/tmp/run.R"  # noqa: S108 - inside


class simpleError(Exception):  # noqa: N801 - R's own names, which its users know
    """What `stop` and most of R signal."""


class packageNotFoundError(simpleError):  # noqa: N801
    """`library` of what is not installed."""


class parseError(simpleError):  # noqa: N801
    """The script is no R."""


ERRORS: tuple[type[Exception], ...] = (simpleError, packageNotFoundError, parseError, MemoryError)

_RUN = r"""
invisible(local({
  unlockBinding("Sys.which", baseenv()) # it asks a shell, and there is none; utils asks it when it is loaded
  assign("Sys.which", function(names) `names<-`(rep("", length(names)), names), baseenv())
  for (each in c("methods", "datasets", "utils", "grDevices", "graphics", "stats")) library(each, character.only = TRUE)
  tell <- file("/proc/self/fd/%(fd)d", "w", raw = TRUE)
  said <- function(class, line) {
    cat(class, if (length(line) == 1 && !is.na(line)) line else 0, "\n", file = tell)
    flush(tell)
    quit(save = "no", status = 1)
  }
  lines_of <- function(calls) {
    found <- 0
    for (call in calls) {
      source <- attr(call, "srcref")
      if (!is.null(source) && identical(attr(source, "srcfile")$filename, "%(script)s")) found <- source[1]
    }
    found
  }
  options(keep.source = TRUE, warn = 1, device = function(...) grDevices::pdf(NULL), stringsAsFactors = FALSE)
  set.seed(%(seed)d)
  if (file.exists("%(table)s")) assign("data", utils::read.csv("%(table)s", check.names = FALSE), globalenv())
  script <- tryCatch(parse("%(script)s", keep.source = TRUE, encoding = "UTF-8"), error = function(e) {
    at <- regmatches(conditionMessage(e), regexec("script\\.R:([0-9]+):", conditionMessage(e)))[[1]]
    message(conditionMessage(e))
    said(3, as.integer(at[2]))
  })
  places <- attr(script, "srcref")
  for (number in seq_along(script)) {
    withCallingHandlers(
      withVisible(eval(script[number], globalenv())),
      error = function(e) {
        message(conditionMessage(e))
        inner <- lines_of(sys.calls())
        line <- if (inner > 0) inner else places[[number]][1]
        memory <- grepl("cannot allocate", conditionMessage(e), fixed = TRUE)
        said(if (memory) 4 else if (inherits(e, "packageNotFoundError")) 2 else 1, line)
      }
    )
  }
}))
"""


def execute(script: bytes, names: dict[str, Any]) -> None:
    """Run the script in R. Raises one of ERRORS with `script_line`; SystemExit where R ended by itself otherwise."""
    if not PROGRAM.exists():
        raise ModuleNotFoundError("base R is not installed")
    if os.path.exists(DATA):
        _write_csv()
    read, write = os.pipe()
    seed = int(os.environ.get("DALGU_SEED", "0")) % (1 << 31)
    facts = {"fd": write, "script": SCRIPT, "table": TABLE, "seed": seed}
    Path(WRAPPER).write_text(_RUN % facts, encoding="utf-8")
    done = subprocess.run(
        [str(PROGRAM), "--vanilla", "--no-echo", "-f", WRAPPER], env=_environment(), pass_fds=(write,), check=False
    )  # fmt: skip
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read(100).split()
    if len(said) == 2 and all(each.isdigit() for each in said) and 1 <= int(said[0]) <= len(ERRORS):
        error = ERRORS[int(said[0]) - 1]()
        error.script_line = int(said[1])  # type: ignore[attr-defined]
        raise error
    if done.returncode < 0:
        os.kill(os.getpid(), -done.returncode)
    if done.returncode:
        raise SystemExit(1)


def _write_csv() -> None:
    import pyarrow.csv as pcsv
    import pyarrow.parquet as pq

    file = pq.ParquetFile(DATA)
    with pcsv.CSVWriter(TABLE, file.schema_arrow) as sink:
        for batch in file.iter_batches():
            sink.write_batch(batch)


def _environment() -> dict[str, str]:
    libraries = [str(R_HOME / "lib"), *(str(each) for each in Path("/usr/lib").glob("*-linux-gnu/*") if each.name in ("blas", "lapack"))]  # fmt: skip
    return {
        **os.environ, "R_HOME": str(R_HOME), "R_SHARE_DIR": "/usr/share/R/share", "R_INCLUDE_DIR": "/usr/share/R/include",
        "R_DOC_DIR": "/usr/share/R/doc", "R_LIBS_SITE": "", "R_DEFAULT_PACKAGES": "NULL",
        "LD_LIBRARY_PATH": ":".join(libraries),
    }  # fmt: skip
