"""Counts the items of the change tests, and records the artefacts that deployments name."""

from twofold.jobs.demonstration.changes import Deployment
from twofold.jobs.demonstration.world import World


def record_artefacts(world: World) -> None:
    """Give every deployment its artefact, built from the deployed commit."""
    for repository in world.repositories.values():
        for deployment in repository.deployments:
            deployment.digest = f"sha256:{deployment.sha}{deployment.sha[:24]}"
            built_at = deployment.changes[-1].merge.at
            world.artefacts.append(
                {
                    "digest": deployment.digest,
                    "commit_sha": deployment.sha,
                    "build_run": f"build-{deployment.number}",
                    "signed": True,
                    "built_at": built_at,
                }
            )


def count_releases(world: World) -> None:
    """Count every change of every production deployment (T-10, T-11), emergencies (T-12) and deployments (T-13)."""
    for repository in world.repositories.values():
        for deployment in repository.deployments:
            world.key.item("T-13", deployment.id, deployment.system, deployment.completed_at)
            for change in deployment.changes:
                item = f"{deployment.id}/{change.item.removeprefix(change.release.id + '/')}"
                for test in ("T-10", "T-11", "T-15", "T-16"):
                    world.key.item(test, item, deployment.system, deployment.completed_at)
                if change in world.emergencies:
                    world.key.item("T-12", item, deployment.system, deployment.completed_at)
            if deployment.state == "failure":
                _excuse(world, deployment)


def _excuse(world: World, deployment: Deployment) -> None:
    for change in deployment.changes:
        item = f"{deployment.id}/{change.pull_request}"
        why = "The deployment failed and never served."
        world.key.excuse("T-10", item, "ABCDEFGHI", "never_served", why)
        world.key.excuse("T-11", item, "ABC", "never_served", why)
        world.key.excuse("T-15", item, "ABCDE", "never_served", why)
        world.key.excuse("T-16", item, "ABC", "never_served", why)
    world.key.excuse("T-13", deployment.id, "A", "never_served", "The deployment failed and never served.")
