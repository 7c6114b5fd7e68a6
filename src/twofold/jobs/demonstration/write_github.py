"""GitHub's answers for the repositories of the demonstration company, in the shapes of its REST API."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from twofold.jobs.demonstration.changes import (
    CHECKS,
    MINUTE,
    PIPELINE,
    WEB_FLOW,
    Change,
    Commit,
    Deployment,
    Repository,
    activity_number,
)
from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.systems import BY_ID
from twofold.jobs.demonstration.timeline import INTRODUCED_ON, iso, local
from twofold.jobs.demonstration.world import World

API = "https://api.github.com"
LOOKS = tuple(date(2025 + month // 12, month % 12 + 1, 1) for month in range(9, 23))
"""Days on which the protection of branches was looked at: the first of each month."""
_BOTS = frozenset({PIPELINE, "brightwater-bumper[bot]"})
Json = dict[str, Any]


def export_github(folder: ExportFolder, world: World) -> None:
    """Add every GitHub answer to the exports: one file per collection, all repositories of the organisation in it."""
    there = [person for person in world.staff.people if person.github and person.engagements[-1].ended_at is None]
    emails = {person.github: person.email for person in there}
    answers = [_Answers(repository, emails) for repository in world.repositories.values()]
    _add(folder, "pull_requests", "pulls?state=all&base=main", [x for each in answers for x in each.pulls()])
    _add(folder, "pull_request_commits", "pulls/{number}/commits", [x for each in answers for x in each.pull_commits()])
    _add(folder, "reviews", "pulls/{number}/reviews", [x for each in answers for x in each.reviews()])
    _add(folder, "commits", "commits?sha=main", [x for each in answers for x in each.main_line()])
    _add(
        folder, "check_runs", "commits/{sha}/check-runs?filter=all", [x for each in answers for x in each.check_runs()]
    )
    _add(
        folder, "deployments", "deployments?environment=production", [x for each in answers for x in each.deployments()]
    )
    for each in answers:
        folder.add_json(
            f"github/activity_{each.system}.json",
            "activity",
            f"GET /repos/{each.name}/activity?ref=refs/heads/main&per_page=100",
            list(each.activity()),
            systems=(each.system,),
            parameters={"repo": each.name},
        )
    for look in LOOKS:
        folder.add_json(
            f"github/branch_protection_{look.isoformat()}.json",
            "branch_protection",
            "GET /orgs/brightwater/repos, then for each GET /repos/{repo}/branches/main/protection",
            [each.protection() for each in answers],
            run_at=local(look, "00:30"),
            moment_only=True,
            page_size=None,
        )
    members = [_member(n, x.github, x.email, x.first_day) for n, x in enumerate(sorted(there, key=_login), 1)]
    unknown = sorted([*world.second_logins, *world.unknown_logins])
    members += [_member(900 + number, login, None, INTRODUCED_ON) for number, login in enumerate(unknown, 1)]
    query = "GET /orgs/brightwater/members?per_page=100, then GET /users/{login}"
    folder.add_json("github/members.json", "members", query, members, parameters={"org": "brightwater"})


def _add(folder: ExportFolder, kind: str, call: str, rows: list[Json]) -> None:
    joiner = "&" if "?" in call else "?"
    query = f"GET /orgs/brightwater/repos, then for each GET /repos/{{repo}}/{call}{joiner}per_page=100"
    folder.add_json(f"github/{kind}.json", kind, query, rows, parameters={"org": "brightwater"})


class _Answers:
    """GitHub's answers about one repository."""

    def __init__(self, repository: Repository, emails: dict[str, str]) -> None:
        self._repository = repository
        self._emails = emails
        self.system = repository.system
        self.name = BY_ID[repository.system].repository
        self._pulls = [change for change in repository.changes if not change.direct]

    def pulls(self) -> list[Json]:
        """The pull requests."""
        return [self._pull(change) for change in self._pulls]

    def _pull(self, change: Change) -> Json:
        key = f"{change.ticket.key} " if change.ticket else ""
        return {
            "url": f"{API}/repos/{self.name}/pulls/{change.number}",
            "number": change.number,
            "state": "closed",
            "title": f"{key}{change.merge.message}",
            "user": _user(change.author_login),
            "body": f"Implements {key.strip()}." if key else "Small correction.",
            "created_at": iso(change.slot_at + 5 * MINUTE),
            "closed_at": iso(change.merge.at),
            "merged_at": iso(change.merge.at),
            "merge_commit_sha": change.merge.sha,
            "merged_by": _user(change.merged_by),
            "head": {"ref": f"work/{change.number}", "sha": change.head.sha},
            "base": {"ref": "main", "repo": {"full_name": self.name}},
        }

    def pull_commits(self) -> Iterator[Json]:
        """The commits of each pull request."""
        for change in self._pulls:
            url = f"{API}/repos/{self.name}/pulls/{change.number}"
            yield {"pull_request_url": url, "commits": [self._commit(commit) for commit in change.commits]}

    def reviews(self) -> Iterator[Json]:
        """The reviews."""
        for change in self._pulls:
            for index, review in enumerate(change.reviews):
                yield {
                    "id": 1_800_000_000 + int(change.merge.sha[:7], 16) * 4 + index,
                    "user": _user(review.reviewer),
                    "state": review.state,
                    "submitted_at": iso(review.at),
                    "commit_id": review.sha,
                    "pull_request_url": f"{API}/repos/{self.name}/pulls/{change.number}",
                }

    def main_line(self) -> Iterator[Json]:
        """Yield what is reachable from main: the branch's own commits where it merges with a merge commit."""
        yield self._commit(self._repository.root)
        for change in self._repository.changes:
            if len(change.merge.parents) > 1:
                yield from (self._commit(commit) for commit in change.commits)
            number = "" if change.direct else f" (#{change.number})"
            key = f"\n\n{change.ticket.key}" if change.direct and change.ticket else ""
            yield self._commit(change.merge, suffix=number + key)

    def _commit(self, commit: Commit, *, suffix: str = "") -> Json:
        return {
            "sha": commit.sha,
            "url": f"{API}/repos/{self.name}/commits/{commit.sha}",
            "commit": {
                "author": {"name": commit.author, "email": self._email(commit.author), "date": iso(commit.at)},
                "committer": {"name": commit.committer, "email": self._email(commit.committer), "date": iso(commit.at)},
                "message": commit.message + suffix,
                "tree": {"sha": commit.tree},
            },
            "author": _user(commit.author),
            "committer": _user(commit.committer),
            "parents": [{"sha": sha} for sha in commit.parents],
        }

    def _email(self, login: str) -> str:
        if login == WEB_FLOW:
            return "noreply@github.com"
        return self._emails.get(login, f"{login.removesuffix('[bot]')}@users.noreply.github.com")

    def check_runs(self) -> Iterator[Json]:
        """The check runs on heads and on the main line."""
        number = 30_000_000_000 + int(self._repository.root.sha[:6], 16) * 100
        for change in self._repository.changes:
            for check in change.checks:
                number += 1
                yield {
                    "id": number,
                    "name": check.name,
                    "head_sha": check.sha,
                    "status": "completed",
                    "conclusion": check.conclusion,
                    "started_at": iso(check.started_at),
                    "completed_at": iso(check.started_at + 4 * MINUTE),
                    "url": f"{API}/repos/{self.name}/check-runs/{number}",
                }

    def deployments(self) -> list[Json]:
        """The deployments to production."""
        return [self._deployment(deployment) for deployment in self._repository.deployments]

    def _deployment(self, deployment: Deployment) -> Json:
        states = [("in_progress", deployment.started_at), (deployment.state, deployment.completed_at)]
        payload = {"digest": deployment.digest} if deployment.digest else {}
        return {
            "id": deployment.number,
            "url": f"{API}/repos/{self.name}/deployments/{deployment.number}",
            "sha": deployment.sha,
            "ref": "main",
            "task": "deploy",
            "environment": "production",
            "production_environment": True,
            "payload": payload,
            "creator": _user(deployment.actor),
            "created_at": iso(deployment.started_at - MINUTE),
            "statuses": [
                {"state": state, "created_at": iso(at), "creator": _user(deployment.actor)} for state, at in states
            ],
        }

    def activity(self) -> Iterator[Json]:
        """Every push to the main branch."""
        before = self._repository.root.sha
        for change in self._repository.changes:
            yield {
                "id": activity_number(change.merge),
                "before": before,
                "after": change.merge.sha,
                "ref": "refs/heads/main",
                "timestamp": iso(change.merge.at),
                "activity_type": "push" if change.direct else "pr_merge",
                "actor": _user(change.author_login if change.direct else change.merged_by),
            }
            before = change.merge.sha

    def protection(self) -> Json:
        """The protection of the main branch."""
        return {
            "url": f"{API}/repos/{self.name}/branches/main/protection",
            "required_status_checks": {"strict": True, "contexts": list(CHECKS)},
            "enforce_admins": {"enabled": True},
            "required_pull_request_reviews": {
                "dismiss_stale_reviews": True,
                "require_code_owner_reviews": False,
                "required_approving_review_count": 1,
                "bypass_pull_request_allowances": {"users": [], "teams": [], "apps": []},
            },
            "allow_force_pushes": {"enabled": False},
            "allow_deletions": {"enabled": False},
        }


def _login(person: Person) -> str:
    return person.github


def _member(number: int, login: str, email: str | None, first_day: date) -> Json:
    created_at = iso(local(max(first_day, INTRODUCED_ON), "09:00"))
    return {"login": login, "id": 4_000_000 + number, "type": "User", "email": email, "created_at": created_at}


def _user(login: str) -> Json:
    return {"login": login, "type": "Bot" if login in _BOTS else "User"}
