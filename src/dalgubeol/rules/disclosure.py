"""What may leave: from what the checks found to whether people are asked at all.

The checks themselves are maths (`methods.disclosure`) and are made where the files were made, inside the
Run. A finding is plain JSON: `code`, `message` (template and values), `file` and `column` by number, `holds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import Reason
from ..language import restored, say


def reasons_to_hold(findings: Iterable[Mapping[str, object]]) -> tuple[Reason, ...]:
    """The findings that keep a file in until it is mended; the others are for the reviewers to weigh."""
    return tuple(reason_of(finding) for finding in findings if finding.get("holds", True))


def reason_of(finding: Mapping[str, object]) -> Reason:
    message = restored(finding["message"])  # type: ignore[arg-type]
    return Reason(str(finding["code"]), say("File {file}: {found}", file=finding["file"], found=message))
