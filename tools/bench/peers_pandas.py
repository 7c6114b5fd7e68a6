# ruff: noqa: PLR2004  ranks, as the rule's
"""T-11 with pandas, with all that the rule knows: whole columns, merges and groups."""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from peers_pandas_changes import Changes
from peers_pandas_people import NEVER, Frame

from twofold.controltests.rule import ParameterValue

_A = {90: "pass", 79: "cannot_test:conflict", 78: "cannot_test:approver_unlinked", 77: "cannot_test:shared_account"}
_A |= {76: "cannot_test:contributor_unlinked", 75: "cannot_test:contributor_unknown", 71: "cannot_test:trailer_only"}
_A |= {70: "cannot_test:dismissal_time_unknown"}


def with_pandas(session: duckdb.DuckDBPyConnection, parameters: Mapping[str, ParameterValue]) -> Frame:
    """Return a frame of item, A, B, C; the session holds the canonical tables."""
    changes = Changes(session)
    unit = changes.unit
    crews = changes.crew.groupby("maker")["unknown"].max()
    unseen = changes.unseen()
    unit["nobody"] = ~unit["maker"].isin(crews.index) & ~unseen
    unit["unsure"] = unit["maker"].map(crews).isin([True]) | unseen
    settled = unit["settled"] != ""
    timeless = unit["started_at"].isna()
    rank = unit["item"].map(_approval_ranks(changes, trailers=bool(parameters["accept_review_trailers"])))
    a = np.select(
        [
            settled, rank.isna() & unit["item"].isin(changes.emergencies()), rank >= 70,
            changes.in_gap(unit, "review", ends=True), rank == 30, rank == 15,
        ],
        [
            unit["settled"], "na:emergency_tested_by_t12", rank.map(_A).fillna(""), "cannot_test:source_gap",
            "exception:approver_is_contributor", "exception:approver_not_a_person",
        ],
        "exception:no_approver",
    )  # fmt: skip
    late = [settled, timeless], [unit["settled"], "cannot_test:start_unknown"]
    return pd.DataFrame(
        {
            "item": unit["item"],
            "A": a,
            "B": np.select(*late, _deployed(changes)),
            "C": np.select(*late, _protected(changes, int(parameters["observation_days"]))),
        }
    )


def _approvals(changes: Changes) -> Frame:
    """Return every approval of each unit."""
    unit = changes.unit[changes.unit["settled"] == ""]
    review = changes.read("review", "pull_request reviewer state submitted_at dismissed_at conflicted")
    review = review[review["state"].isin(["approved", "dismissed"]) | review["conflicted"]]
    review = pd.DataFrame(
        {
            "id": review["pull_request"], "account": review["reviewer"], "at": review["submitted_at"],
            "conflicted": review["conflicted"],
            "ended_unknown": (review["state"] == "dismissed") & review["dismissed_at"].isna(),
        }
    )  # fmt: skip
    decided = changes.read("approval", "subject duty approver decision decided_at conflicted")
    counts = decided["duty"].isin(["release", "emergency"])
    counts &= (decided["decision"] == "approve") | decided["conflicted"]
    names = {"subject": "ticket", "approver": "account", "decided_at": "at"}
    decided = decided[counts].rename(columns=names)[["ticket", "account", "at", "conflicted"]]
    said = changes.read("code_commit__reviewed_by", "repository sha value").rename(columns={"value": "account"})
    said = said.merge(changes.commit.dropna(subset="committed_at"), on=["repository", "sha"])
    said = said[["repository", "sha", "account", "committed_at", "conflicted"]].rename(columns={"committed_at": "at"})
    loose = unit.dropna(subset="sha")[["item", "maker", "repository", "sha"]]
    makers = unit[["item", "maker"]]
    given = [
        makers.assign(id=unit["id"]).dropna(subset="id").merge(review, on="id"),
        makers.merge(changes.named.merge(decided, on="ticket"), on="item"),
        loose.merge(said, on=["repository", "sha"]).assign(trailer=True),
    ]
    columns = ["item", "maker", "account", "at", "conflicted", "ended_unknown", "trailer"]
    found = pd.concat([each.reindex(columns=columns) for each in given], ignore_index=True)
    flags = ["conflicted", "ended_unknown", "trailer"]
    found[flags] = found[flags].isin([True])
    return changes.add_hand(found, "account", "at")


def _approval_ranks(changes: Changes, *, trailers: bool) -> Any:
    """Return by item the best rank of its approvals."""
    given = _approvals(changes)
    about = changes.unit.set_index("item")[["nobody", "unsure"]].reindex(given["item"])
    robot = (given["state"] == "bot") | given["account"].isin(changes.robots)
    ranks = np.select(
        [
            given["conflicted"], _own(changes, given), robot, given["state"] == "shared", given["person"].isna(),
            about["nobody"].to_numpy(), about["unsure"].to_numpy(), given["ended_unknown"],
            given["trailer"] & (not trailers),
        ],
        [79, 30, 15, 77, 78, 75, 76, 70, 71],
        90,
    )  # fmt: skip
    return pd.Series(ranks).groupby(given["item"]).max()


def _own(changes: Changes, rows: Frame) -> Any:
    """Return for rows with maker, account and person whether that hand worked on the change."""
    found = np.zeros(len(rows), dtype=bool)
    by_account = changes.crew[changes.crew["state"] != "shared"]
    for column, crew in (("person", changes.crew), ("account", by_account)):
        key = ["maker", column]
        made = crew[key].dropna().drop_duplicates()
        found |= (rows[key].merge(made, how="left", on=key, indicator="side")["side"] == "both").to_numpy() & rows[
            column
        ].notna().to_numpy()
    return found


def _deployed(changes: Changes) -> Any:
    """Return B for units that are not settled and have a start."""
    unit = changes.add_hand(changes.unit, "actor", "started_at").rename(columns={"actor": "account"})
    deal = changes.read("pipeline_agreement", "system agreed_at valid_from valid_to")
    deal["f"], deal["t"] = deal["valid_from"].fillna(deal["agreed_at_latest"]), deal["valid_to"].fillna(NEVER)
    met = unit[["system", "started_at"]].reset_index().merge(deal, on="system")
    met = met.loc[(met["f"] <= met["started_at"]) & (met["started_at"] < met["t"]), "index"]
    agreed = unit.index.isin(met)
    bot, own = unit["state"] == "bot", _own(changes, unit)
    by_person = unit["person"].notna() & _own(changes, unit.assign(account=None))
    own = by_person | (own & ~bot)
    return np.select(
        [
            unit["by_pipeline"] & agreed, own, bot & agreed, bot | (unit["by_pipeline"] & unit["person"].isna()),
            unit["state"] == "shared", unit["person"].isna(), unit["nobody"], unit["unsure"],
        ],
        [
            "pass", "exception:deployer_is_contributor", "pass", "cannot_test:no_pipeline_agreement",
            "cannot_test:shared_account", "cannot_test:deployer_unlinked", "cannot_test:contributor_unknown",
            "cannot_test:contributor_unlinked",
        ],
        "pass",
    )  # fmt: skip


def _protected(changes: Changes, days: int) -> Any:
    """Return C for units that are not settled and have a start."""
    look = changes.read("branch_rule", "repository branch observed_at setting value conflicted")
    now = _names_now(changes)
    look["seen_as"], look["repository"] = look["repository"], look["repository"].replace(now)
    key = ["repository", "seen_as", "branch", "observed_at", "observed_at_latest"]
    look["origin"], name = _named(look["setting"])
    value, classic = look["value"], look["origin"] == ""
    look["reviews"] = (name == "required_reviews") & (pd.to_numeric(value, errors="coerce") >= 1)
    look["binds"] = name == np.where(classic, "enforce_admins", "bypass_reviews")
    look["spoiled"] = _open(name, value)
    demand = look.groupby([*key, "origin"])[["reviews", "binds", "spoiled"]].max().reset_index()
    demand["good"] = demand["reviews"] & demand["binds"] & ~demand["spoiled"]
    seen = demand.groupby(key)["good"].max().reset_index()
    seen["bad"] = ~seen["good"] | look.groupby(key)["conflicted"].max().to_numpy()
    unit = changes.unit.assign(branch=changes.unit["id"].map(changes.pull.set_index("id")["base_ref"]))
    unit["repository"] = unit["repository"].replace(now)
    window = pd.Timedelta(days=days)
    code = pd.Series("cannot_test:rights_not_tested", index=unit.index)
    looks = dict(iter(seen.groupby(["repository", "branch"])))
    for branch, rows in unit.dropna(subset=["started_at", "branch"]).groupby(["repository", "branch"]):
        if branch in looks:
            code[rows.index] = _bracketed(rows, looks[branch], window)
    untested = code == "cannot_test:rights_not_tested"
    return code.mask(
        ~untested & unit.index.isin(_opened(changes, unit, seen, now, window)), "cannot_test:bypass_possible"
    )


def _named(settings: Any) -> tuple[Any, Any]:
    """Return the rule set of each setting, empty for a classic one, and its name there."""
    parts = settings.str.extract(r"^(?:ruleset:([^:]*):)?(.*)$")
    return parts[0].fillna(""), parts[1]


def _open(name: Any, value: Any) -> Any:
    """Return whether a setting of that value lets somebody pass by, or does not bind."""
    switch = name.isin(["enforce_admins", "protected"])
    return ((name == "bypass_reviews") & value.notna()) | (switch & (value.fillna("").str.lower() != "true"))


def _names_now(changes: Changes) -> dict[str, str]:
    """Return the name of today of each repository that was renamed, over at most three renames."""
    event = changes.read("repository_event", "repository new_name occurred_at").dropna(subset="new_name")
    back = event.merge(event, left_on="repository", right_on="new_name", suffixes=("", "_back"))
    back = back.loc[back["occurred_at_back"] > back["occurred_at"], ["repository", "occurred_at"]]
    kept = event.merge(back.drop_duplicates(), how="left", on=["repository", "occurred_at"], indicator="back")
    hop = kept[kept["back"] == "left_only"].groupby("repository")["new_name"].max().to_dict()
    return {name: hop.get(hop.get(after, after), hop.get(after, after)) for name, after in hop.items()}


def _opened(changes: Changes, unit: Frame, seen: Frame, now: dict[str, str], window: Any) -> Any:
    """Return the units between whose merge and start the log perhaps left a setting open."""
    log = changes.read("branch_rule_event", "id repository branch setting new_value occurred_at conflicted")
    log["repository"] = log["repository"].replace(now)
    _, name = _named(log["setting"])
    off = (name == "required_reviews") & ~(pd.to_numeric(log["new_value"], errors="coerce") >= 1)
    log["bad"] = log["conflicted"] | off | _open(name, log["new_value"])
    log = log[name.isin(["required_reviews", "enforce_admins", "protected", "bypass_reviews"])]
    branch = ["repository", "branch"]
    times = {"observed_at": "occurred_at", "observed_at_latest": "occurred_at_latest"}
    good = log.loc[~log["bad"], [*branch, "setting", "occurred_at", "occurred_at_latest"]]
    looks = seen.loc[~seen["bad"], [*branch, *times]].rename(columns=times)
    found: list[Any] = []
    for row in log[log["bad"]].itertuples():
        here = (
            (good["repository"] == row.repository) & (good["branch"] == row.branch) & (good["setting"] == row.setting)
        )
        there = (looks["repository"] == row.repository) & (looks["branch"] == row.branch)
        ends = pd.concat([good[here], looks[there]])
        end = ends.loc[ends["occurred_at"] > row.occurred_at_latest, "occurred_at_latest"].min()
        met = (unit["repository"] == row.repository) & (unit["branch"] == row.branch)
        met &= (row.occurred_at <= unit["started_at_latest"]) & (row.occurred_at_latest >= unit["started_at"] - window)
        merged = unit["merged_at"].fillna(unit["begins_at"])
        found += unit.index[met & (pd.isna(end) | merged.isna() | (merged <= end))].tolist()
    return found


def _bracketed(rows: Frame, looks: Frame, window: Any) -> Any:
    """Return C of units of one branch, from counts of looks in the windows before and after each start."""

    def count(times: Any, until: Any, side: str) -> Any:
        return np.searchsorted(np.sort(times.to_numpy()), until.to_numpy(), side=side)

    start, latest = rows["started_at"], rows["started_at_latest"]
    ends, begins = looks["observed_at_latest"], looks["observed_at"]
    before = count(ends, start, "right") > count(ends, start - window, "left")
    after = count(begins, latest + window, "right") > count(begins, latest, "left")
    bad = looks[looks["bad"]]
    met = count(bad["observed_at"], latest + window, "right") > count(bad["observed_at_latest"], start - window, "left")
    return np.select([met, before & after], ["cannot_test:bypass_possible", "pass"], "cannot_test:rights_not_observed")
