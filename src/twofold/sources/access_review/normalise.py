"""Access review exports to canonical rows: campaigns, snapshots, decisions, removals."""

from twofold.sources.access_review import okta_reports
from twofold.sources.access_review.documented import campaigns, decisions, revocations, snapshot
from twofold.tables.rows import Normaliser

KINDS: dict[str, Normaliser] = {
    **okta_reports.KINDS,
    "campaigns": campaigns,
    "snapshot": snapshot,
    "decisions": decisions,
    "revocations": revocations,
}
FEEDS: dict[str, tuple[str, ...]] = {
    "okta_scope": ("campaign",),
    "okta_access_at_launch": ("snapshot", "snapshot_row"),
    "okta_access_at_completion": ("snapshot", "snapshot_row"),
    "okta_actions": ("review_item", "revoke"),
    "campaigns": ("campaign",),
    "snapshot": ("snapshot", "snapshot_row"),
    "decisions": ("review_item",),
    "revocations": ("revoke",),
}
