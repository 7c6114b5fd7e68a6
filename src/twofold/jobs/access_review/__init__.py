"""Access reviews held in the workspace: opened from a snapshot, decided, completed, followed up, compared.

Each act is evidence: lines of the canonical tables campaign, review_item, revoke and impact_review, captured as any
file is, so that T-05 judges a review held here as it judges one of another tool. Nothing else is stored.
"""
