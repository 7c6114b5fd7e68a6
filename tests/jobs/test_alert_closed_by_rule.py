"""An alert that a rule closed, from the captured files to what is said of it."""

from twofold.records.workspace import Workspace

from .conftest import put
from .test_words import WHOLE, codes

ALERTS = (
    "id,system,severity,raised_at,closed_at,closed_by,rule\n"
    "a-1,product,High,2026-03-10T10:00:00Z,2026-03-12T10:00:00Z,product:sweeper,stale\n"
    "a-2,product,High,2026-03-10T10:00:00Z,2026-03-10T10:05:00Z,product:sweeper,noise\n"
)
RULES = "id,approved_by,approved_at\nstale,product:ana,2026-01-05T08:00:00Z\nnoise,product:ana,2026-01-05T08:00:00Z\n"


def test_a_rule_that_closed_it_two_days_later_is_no_acknowledgement(workspace: Workspace) -> None:
    put(workspace, "alerts.csv", ALERTS, kind="alert", **WHOLE)
    put(workspace, "rules.csv", RULES, kind="alert_handling", **WHOLE)
    found = codes(workspace, "T-18", "C")
    assert (found["a-1"], found["a-2"]) == ("exception:not_acknowledged", "cannot_test:approver_unlinked")
