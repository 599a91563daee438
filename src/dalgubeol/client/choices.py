"""Words that fields may be. Made by `tools/client.py` from the API's document: change that, not this."""

# ruff: noqa
# fmt: off

from __future__ import annotations

from typing import Literal

AccidentState = Literal["stopped", "destroying", "unfounded", "closed"]
Act = Literal["secret", "send", "receive", "run", "review", "finish"]
Answer = Literal["returned", "destroyed"]
Basis = Literal["28-2", "28-3", "other"]
Change = Literal["added", "removed", "changed", "same"]
Content = Literal["salt", "serials", "blinded", "keys", "told", "pairs", "payload", "result"]
DatasetState = Literal["kept", "held", "destroyed"]
Direction = Literal["out", "in"]
Duplicates = Literal["refuse", "drop"]
Event = Literal["founded", "enrolled", "roles-changed", "account-closed", "signed-in", "factor-set", "factor-ended", "linked", "unlinked", "token-made", "registered", "requested", "decided", "granted", "pledged", "permit-ended", "withdrawn", "revoked", "refused", "ran", "voted", "vote-opened", "seated", "said", "said-opened", "stepped-down", "reviewed", "released", "brought-in", "returned", "rejected", "expired", "explained", "handed-on", "set-aside", "viewed", "exported", "destroyed", "erased", "restored", "project-opened", "project-changed", "project-closed", "key-rotated", "key-destroyed", "destruction-confirmed", "restoring-asked", "restoring-confirmed", "accident-reported", "accident-decided", "accident-closed", "copy-answered", "agreed", "arrived", "convened", "judged", "judged-opened", "ended"]
Field = Literal["law", "technology", "subject"]
FileVerdict = Literal["approve", "mend", "reject"]
Finding = Literal["adequate", "inadequate"]
Form = Literal["table", "series", "model", "report", "archive"]
Grant = Literal["read", "derive", "export", "actuate"]
JoinType = Literal["inner", "left", "outer"]
Lifetime = Literal["batch", "stream"]
LinkMode = Literal["exact", "oblivious", "tolerant"]
Method = Literal["rounded", "suppressed"]
PanelKind = Literal["risk-review", "adequacy-review"]
PanelState = Literal["open", "adequate", "inadequate", "withdrawn"]
PartyRole = Literal["applicant", "key-agency", "expert-agency"]
PermitState = Literal["requested", "granted", "refused", "withdrawn", "revoked"]
Port = Literal["sandbox", "vault", "mapping", "plant", "peer site", "source"]
ProjectPart = Literal["pseudonymiser", "keeper", "user", "reviewer"]
ProjectState = Literal["open", "closed"]
Purpose = Literal["statistics", "scientific-research", "public-archiving", "other-basis"]
Retention = Literal["permanent", "processing", "access", "access-sensitive"]
ReviewState = Literal["draft", "held", "submitted", "partially-reviewed", "reviewed", "approved", "released", "returned", "rejected", "withdrawn", "expired"]
Role = Literal["operator", "provider", "analyst", "reviewer", "engineer", "citizen"]
RunState = Literal["queued", "running", "held", "done", "failed", "broken", "cancelled", "declined"]
Scope = Literal["read", "bring", "run", "ask", "sign", "operate"]
Sensitivity = Literal["public", "anonymous", "internal", "pseudonymised", "personal"]
Silence = Literal["account-closed", "silent"]
Stand = Literal["approve", "reject", "recused", "absent", "sealed"]
Standing = Literal["requested", "refused", "withdrawn-undecided", "ended-undecided", "in-force", "not-yet", "ended", "withdrawn", "revoked"]
Verdict = Literal["grant", "refuse"]
What = Literal["project-key", "dataset", "intermediate"]
dalgubeol__kinds__safe_files__Method = Literal["rounded", "suppressed"]
dalgubeol__nouns__destruction__Method = Literal["key-destruction", "deletion"]
