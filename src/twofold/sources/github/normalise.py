"""GitHub exports to canonical rows. Kinds are named after the API's collections; README says how to export each."""

from twofold.sources.github.accounts import member_rows, saml_rows
from twofold.sources.github.branch_rules import branch_rule_rows
from twofold.sources.github.checks import check_run_rows
from twofold.sources.github.commits import commit_rows
from twofold.sources.github.deployments import deployment_rows
from twofold.sources.github.fields import listing
from twofold.sources.github.pull_requests import pull_request_commits, pull_request_rows, review_rows
from twofold.sources.github.pushes import activity_rows
from twofold.sources.github.webhooks import webhooks
from twofold.tables.rows import Normaliser

KINDS: dict[str, Normaliser] = {
    "pull_requests": listing(pull_request_rows),
    "pull_request_commits": pull_request_commits,
    "reviews": listing(review_rows),
    "commits": listing(commit_rows),
    "check_runs": listing(check_run_rows, "check_runs", "statuses"),
    "deployments": listing(deployment_rows, "data.repository.deployments.nodes"),
    "branch_protection": listing(branch_rule_rows),
    "members": listing(member_rows),
    "saml_identities": listing(saml_rows, "data.organization.samlIdentityProvider.externalIdentities.edges"),
    "activity": listing(activity_rows),
    "webhooks": webhooks,
}

FEEDS: dict[str, tuple[str, ...]] = {
    "pull_requests": ("pull_request",),
    "pull_request_commits": ("code_commit", "pull_request_commit"),
    "reviews": ("review",),
    "commits": ("code_commit",),
    "check_runs": ("check_run",),
    "deployments": ("deployment",),
    "branch_protection": ("branch_rule",),
    "members": ("account",),
    "saml_identities": ("account", "account_link"),
    "activity": ("prod_event",),
    "webhooks": ("check_run", "deployment", "prod_event", "pull_request", "review"),
}
"""Tables that a kind fills even when its answer is empty. The account rows of bots that act are no list of accounts."""
