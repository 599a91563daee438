"""The sandbox as a kind of Run sees it, inside the child process that carries the Run out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import BinaryIO

from ...kinds.contract import Conditions, ScriptLanguage, ScriptOutcome
from ...world.store.scriptlogs import LogWriter


class LeasedSandbox:
    """The sandbox as a kind sees it: the backend that passed its self-test in the conductor."""

    def __init__(self, backend: Mapping[str, str], log: LogWriter | None = None) -> None:
        self._backend, self._log = backend, log

    def run_script(
        self,
        script: bytes,
        inputs: Mapping[str, Callable[[BinaryIO], None]],
        seed: int,
        conditions: Conditions,
        language: ScriptLanguage = ScriptLanguage.PYTHON,
        brought: Mapping[str, bytes] = MappingProxyType({}),
    ) -> ScriptOutcome:
        from ...world.sandbox import driver_notebook
        from ...world.sandbox.bubblewrap import Backend
        from ...world.sandbox.limits import Limits
        from ...world.sandbox.script import run_script

        bound = Limits(
            wall_s=conditions.wall_s, cpu_s=conditions.cpu_s, memory_bytes=conditions.memory_mb << 20,
            output_bytes=conditions.output_mb << 20, output_files=conditions.output_files,
            processes=conditions.processes, file_bytes=conditions.scratch_mb << 20,
        )  # fmt: skip
        backend = Backend(**self._backend)
        outcome = run_script(
            script, inputs, bound, seed, backend=backend, language=language, brought=brought, on_printed=self.printed
        )  # fmt: skip
        self.heard(outcome.operator_log)
        outputs = tuple((file.name, file.data) for file in outcome.outputs)
        cell, line = None, outcome.line
        if line is not None and language is ScriptLanguage.NOTEBOOK:
            cell, line = driver_notebook.place(script, line)
        return ScriptOutcome(
            outcome.status, outcome.exception, line, outcome.limit, outcome.cpu_s, outcome.peak_bytes, outputs,
            outcome.wall_s, cell, outcome.misnamed_outputs,
            outcome.refused_outputs - outcome.misnamed_outputs,
        )  # fmt: skip

    def printed(self, piece: bytes) -> None:
        """What the script prints just now: kept sealed for the operators, for a short time (`script_logs`)."""
        if self._log is not None:
            self._log.heard(piece)

    def heard(self, log: bytes) -> None:
        """What the script printed: in the zone its author does not hear it."""
