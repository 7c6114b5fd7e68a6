"""The changes in releases with pandas, for the peer of T-11: units, and who made and approved each."""

from typing import Any

import duckdb
import numpy as np
import pandas as pd
from peers_pandas_people import LAST, Frame, People

_WEB = ("github:web-flow", "git:noreply@github.com")
_NO = ("", "false", "no", "n", "0", "off", "none", "normal")


class Changes(People):
    """Frames of a company's changes; each is made from whole columns."""

    def __init__(self, session: duckdb.DuckDBPyConnection) -> None:
        super().__init__(session)
        self.commit = self._commits()
        columns = "id repository author base_ref head_sha merge_sha created_at merged_at conflicted"
        self.pull = self.read("pull_request", columns)
        self.listed = self._listed()
        self.claim = self._claims()
        self.link = self._links()
        self.release = self._releases()
        self.unit = self._units()
        self.named = self._named()
        self.crew = self._crew()

    def gaps(self, *tables: str) -> Frame:
        """Return the stretches of each system in which a table is not proven complete."""
        rows = self.read("source_gap", "table_name system starts_at ends_before")
        rows = rows[rows["table_name"].isin(tables)]
        systems = self.release[["system"]].drop_duplicates()
        everywhere = systems.merge(rows[rows["system"] == "*"].drop(columns="system"), how="cross")
        return pd.concat([rows.merge(systems, on="system"), everywhere])

    def in_gap(self, rows: Frame, *tables: str, ends: bool) -> Any:
        """Return for rows with system, started_at_latest and begins_at whether a gap lies between the two."""
        found = rows.reset_index().merge(self.gaps(*tables), on="system")
        begun = found["starts_at"].isna() | found["started_at_latest"].isna()
        begun |= found["starts_at"] <= found["started_at_latest"]
        if ends:
            begun &= (
                found["ends_before"].isna() | found["begins_at"].isna() | (found["ends_before"] > found["begins_at"])
            )
        return rows.index.isin(found.loc[begun, "index"])

    def _commits(self) -> Frame:
        columns = "repository sha tree_sha author committer pushed_by base_merge conflicted"
        commit = self.read("code_commit", f"{columns} committed_at authored_at pushed_at")
        commit["base_merge"] = commit["base_merge"].isin([True])
        commit["begins_at"] = commit["committed_at"].fillna(commit["authored_at"])
        commit["acted_at"] = commit["begins_at"].fillna(commit["pushed_at"]).fillna(LAST)
        parents = self.read("code_commit__parents", "repository sha").groupby(["repository", "sha"]).size()
        several = parents[parents > 1].rename("parents").reset_index()
        commit = commit.merge(several, how="left", on=["repository", "sha"])
        return commit.assign(several=commit.pop("parents").notna())

    def _listed(self) -> Frame:
        named = self.read("pull_request_commit", "pull_request sha").merge(
            self.pull[["id", "repository"]], left_on="pull_request", right_on="id"
        )
        heads = self.pull.dropna(subset="head_sha").rename(columns={"head_sha": "sha"})
        columns = ["id", "repository", "sha"]
        return pd.concat([named[columns], heads[columns]]).drop_duplicates(["id", "sha"])

    def _claims(self) -> Frame:
        merges = self.pull.dropna(subset="merge_sha").rename(columns={"merge_sha": "sha"})[["id", "repository", "sha"]]
        claim = pd.concat([self.listed.assign(listed=True), merges.assign(listed=False)]).drop_duplicates(["id", "sha"])
        merged = self.pull.loc[self.pull["merged_at"].notna(), "id"]
        claim["merged"] = claim["id"].isin(merged)
        known = self.commit[["repository", "sha", "tree_sha"]].assign(known=True)
        claim = claim.merge(known, how="left", on=["repository", "sha"])
        return claim.assign(known=claim["known"].notna())

    def _links(self) -> Frame:
        key = ["repository", "sha"]
        merged, loose = self.claim[self.claim["merged"]], self.claim[~self.claim["merged"]]
        columns = ["id", *key, "listed"]
        direct = pd.concat([merged, _without(loose, merged, key)])[columns]
        tree = ["repository", "tree_sha"]
        trees = self.commit.dropna(subset="tree_sha")
        trees = trees[trees.duplicated(tree, keep=False)]
        alone = _without(trees, self.claim, key)
        times = ["created_at", "created_at_latest", "merged_at", "merged_at_latest"]
        equal = alone.merge(self.claim[self.claim["listed"] & self.claim["known"]], on=tree, suffixes=("", "_other"))
        equal = equal[equal["sha"] != equal["sha_other"]].merge(self.pull[["id", *times]], on="id")
        while_open = equal["committed_at"] <= equal["merged_at_latest"]
        while_open &= equal["created_at"].isna() | (equal["committed_at_latest"] >= equal["created_at"])
        equal = equal[while_open].drop_duplicates(["id", *key]).assign(listed=False)
        return pd.concat([direct, equal[columns]])

    def _releases(self) -> Frame:
        columns = (
            "id system environment repository commit_sha digest started_at status actor by_pipeline kind conflicted"
        )
        release = self.read("deployment", columns)
        release = release[release["environment"] == "production"].rename(columns={"id": "release"})
        built = self.read("artefact", "digest commit_sha").set_index("digest")["commit_sha"]
        release["released"] = release["commit_sha"].fillna(release["digest"].map(built))
        release["by_hand"] = release["by_pipeline"].isin([False])
        release["by_pipeline"] = release["by_pipeline"].isin([True])
        line = ["system", "repository"]
        release = release.sort_values([*line, "started_at", "release"], ignore_index=True)
        served = release["status"].isin(["success", "inactive"])
        place = pd.Series(np.where(served, np.arange(len(release)), np.nan))
        lines = [release[name] for name in line]
        before = place.groupby(lines, dropna=False).shift().groupby(lines, dropna=False).ffill()
        last = release.loc[before.dropna().astype(int), ["digest", "released"]].set_index(before.dropna().index)
        last = last.reindex(release.index)
        again = (release["kind"] == "rerun") & (release["digest"].isna() | last["digest"].isna())
        again &= release["released"].notna() & (release["released"] == last["released"]) & before.notna()
        again |= release["digest"].notna() & (release["digest"] == last["digest"])
        release["content"] = release["digest"].fillna(release["released"])
        back = release[(release["kind"] == "rollback") & ~release["by_hand"]].dropna(subset="content")
        earlier = release.loc[served, ["system", "content", "started_at"]].dropna()
        back = back.merge(earlier, on=["system", "content"], suffixes=("", "_earlier"))
        back = back.loc[back["started_at_earlier"] < back["started_at"], "release"]
        release["excuse"] = np.select(
            [
                release["status"] == "failure", release["kind"] == "vendor", again, release["release"].isin(back)
            ],
            ["na:never_served", "na:vendor_update", "na:rerun", "na:automatic_rollback"], "",
        )  # fmt: skip
        return release

    def _units(self) -> Frame:
        key = ["repository", "sha"]
        times = ["release", "system", "started_at", "started_at_latest", "actor", "by_pipeline", "excuse"]
        about = self.release[[*times, "conflicted", "released", "repository"]].rename(
            columns={"repository": "of_release", "conflicted": "release_conflicted"}
        )
        carried = self.read("change_set", "deployment repository sha").rename(columns={"deployment": "release"})
        carried = carried[carried["release"].isin(about["release"])]
        known = self.commit[[*key, "base_merge", "conflicted", "begins_at"]].rename(
            columns={"conflicted": "commit_conflicted"}
        )
        rest = self._rest(carried.merge(known[key].assign(known=True), how="left", on=key).merge(about, on="release"))
        part = self._not_brought_back(carried.merge(self.link[["id", *key]], how="left", on=key))
        brought = part.dropna(subset="id").drop_duplicates(["release", "id"]).drop(columns="sha")
        loose = part[part["id"].isna()].merge(known, how="left", on=key)
        unit = about.merge(pd.concat([brought, loose, rest]), how="left", on="release")
        pull = self.pull[["id", "author", "created_at", "merged_at", "conflicted"]]
        unit = unit.merge(pull.rename(columns={"conflicted": "pull_conflicted"}), how="left", on="id")
        tail = unit["id"].fillna(unit["sha"])
        unit["item"] = unit["release"] + ("/" + tail).fillna("")
        unit["begins_at"] = unit["created_at"].fillna(unit["begins_at"])
        deployed = unit[["of_release", "repository", "released"]].copy()
        deployed["repository"] = deployed.pop("of_release").fillna(deployed["repository"])
        seen = deployed.merge(
            known[key].assign(seen=True), how="left", left_on=["repository", "released"], right_on=key
        )
        unit["repository"] = unit["repository"].fillna(unit["of_release"])
        conflicted = [unit[f"{name}_conflicted"].isin([True]) for name in ("release", "pull", "commit")]
        clean = unit["base_merge"].isin([True]) & ~conflicted[2]
        unit["settled"] = np.select(
            [
                unit["excuse"] != "", clean, conflicted[0] | conflicted[1] | conflicted[2], tail.notna(),
                seen["seen"].notna().to_numpy(),
            ],
            [unit["excuse"], "na:content_free", "cannot_test:conflict", "", "cannot_test:no_new_commit"],
            "cannot_test:change_set_unknown",
        )  # fmt: skip
        unit["maker"] = unit["id"].fillna(unit["repository"] + " " + unit["sha"])
        return unit

    def _not_brought_back(self, part: Frame) -> Frame:
        """Leave out pull requests merged after the release that bring back what another one had brought into it."""
        start = self.release.set_index("release")["started_at_latest"]
        merged = self.pull.set_index("id")["merged_at"]
        later = part["id"].map(merged) > part["release"].map(start)
        before = part[part["id"].notna() & ~later]
        key = ["release", "repository", "sha"]
        known = part[key].merge(before[key].drop_duplicates(), how="left", on=key, indicator="side")["side"] == "both"
        return part[~(later & known.to_numpy())]

    def _rest(self, carried: Frame) -> Frame:
        """Return the releases that may have carried more than the one commit that only a pull request names."""
        one = carried[~carried["release"].duplicated(keep=False)]
        one = one[one["known"].isna() & (one["sha"] == one["released"])].reset_index(drop=True)
        open_ended = self.in_gap(one, "code_commit", ends=False) | one["repository"].isin(self.commit["repository"])
        return one.loc[open_ended, ["release", "repository"]]

    def _named(self) -> Frame:
        """Return the tickets that each unit names."""
        live = self.unit.loc[self.unit["settled"] == "", ["item", "id", "repository", "sha"]]
        by_pull = live.dropna(subset="id").merge(self.read("pull_request__tickets", "id value"), on="id")
        told = self.read("code_commit__tickets", "repository sha value")
        linked = self.link.merge(told, on=["repository", "sha"])
        by_commit = live.dropna(subset="id")[["item", "id"]].merge(linked, on="id")
        by_loose = live.dropna(subset="sha").merge(told, on=["repository", "sha"])
        named = pd.concat([each[["item", "value"]] for each in (by_pull, by_commit, by_loose)])
        return named.drop_duplicates().rename(columns={"value": "ticket"})

    def emergencies(self) -> Any:
        """Return the items that went as an emergency."""
        event = self.read("ticket_event", "ticket id field old_value new_value occurred_at")
        event["field"] = event["field"].str.lower()
        event = event[event["field"].isin(["emergency", "type", "issuetype"])]
        old, new = (event[f"{name}_value"].str.lower().fillna("") for name in ("old", "new"))
        by_field = event["field"] == "emergency"
        at = {"occurred_at": "flag_f", "occurred_at_latest": "flag_t"}
        raised = (by_field & event["new_value"].notna() & ~new.isin(_NO)) | (~by_field & new.str.contains("emergency"))
        ticket = self.read("ticket", "key type created_at").rename(columns={"key": "ticket"})
        born = ticket["type"].str.lower().str.contains("emergency").isin([True])
        born &= ~ticket["ticket"].isin(event.loc[~by_field, "ticket"])
        since = ticket[born].rename(columns={"created_at": "flag_f", "created_at_latest": "flag_t"})
        replaced = (by_field & ~old.isin(_NO)) | (~by_field & old.str.contains("emergency"))
        first = _first_of_its_kind(event.assign(by_field=by_field))[replaced]
        before = ticket.merge(first[first["is_first"]][["ticket"]], on="ticket")
        before = before.rename(columns={"created_at": "flag_f", "created_at_latest": "flag_t"})
        columns = ["ticket", "flag_f", "flag_t", "of_old"]
        flags = [event[raised].rename(columns=at), since]
        flag = pd.concat([*(each.assign(of_old=False)[columns] for each in flags), before.assign(of_old=True)[columns]])
        flag = flag[flag["ticket"].isin(ticket["ticket"])].merge(self.named, on="ticket")
        flag = flag.merge(self.unit[["item", "started_at", "started_at_latest"]], on="item").reset_index(drop=True)
        taken = (by_field & new.isin(_NO)) | (
            ~by_field & old.str.contains("emergency") & ~new.str.contains("emergency")
        )
        off = event.loc[taken, ["ticket", "occurred_at"]]
        cleared = flag.reset_index().merge(off, on="ticket")
        then = cleared["flag_f"].isna() | (cleared["flag_f"] < cleared["occurred_at"])
        then &= cleared["occurred_at"] <= cleared["started_at"]
        flag["cleared"] = flag.index.isin(cleared.loc[then, "index"])
        flag = flag[~(flag["of_old"] & flag["cleared"])]
        first = flag.sort_values(["cleared", "flag_f", "flag_t", "ticket"]).drop_duplicates("item")
        return first.loc[~first["cleared"] & ~(first["flag_f"] > first["started_at_latest"]), "item"]

    def _crew(self) -> Frame:
        """Return who made what: a row per maker (pull request or loose commit), account and hand."""
        key = ["repository", "sha"]
        made = self.link.merge(self.commit, on=key).rename(columns={"id": "maker"})
        made = made[~made["base_merge"] & (made["listed"] | ~made["several"])]
        loose = self.unit.dropna(subset="sha")[[*key, "maker"]].drop_duplicates().merge(self.commit, on=key)
        made = pd.concat([made, loose[~loose["base_merge"]].assign(listed=True)])
        own = made[made["listed"].astype(bool)]
        beside = made[[*key, "maker", "acted_at"]].merge(
            self.read("code_commit__coauthors", "repository sha value"), on=key
        )
        opened = self.pull.assign(
            acted_at=self.pull["created_at"].fillna(self.pull["merged_at"]).fillna(LAST),
            maker=self.pull["id"],
        )
        acted = pd.concat(
            [
                _acted(made, "author"), _acted(beside, "value"), _acted(own[~own["committer"].isin(_WEB)], "committer"),
                _acted(own, "pushed_by"), _acted(opened, "author"),
            ]
        )  # fmt: skip
        acted = acted.dropna(subset="account").reset_index(drop=True)
        crew = self.add_hand(acted, "account", "acted_at")
        return crew.assign(unknown=~crew["state"].isin(["linked", "bot"]))

    def unseen(self) -> Any:
        """Return for each unit whether somebody unseen worked on it: a listed commit that is not in the data."""
        squash = self.claim.loc[self.claim["known"], ["id", "repository", "sha"]].merge(
            self.pull[["id", "merge_sha"]].rename(columns={"merge_sha": "sha"}), on=["id", "sha"]
        )
        squash = _without(squash, self.commit[self.commit["several"]], ["repository", "sha"])["id"]
        lost = self.claim[self.claim["listed"] & ~self.claim["known"] & ~self.claim["id"].isin(squash)]
        with_history = lost.loc[lost["repository"].isin(self.commit["repository"]), "id"]
        known = self.unit["id"].isin(with_history)
        perhaps = self.unit[self.unit["id"].isin(lost["id"]) & ~known]
        return known | self.unit.index.isin(perhaps.index[self.in_gap(perhaps, "code_commit", ends=False)])


def _first_of_its_kind(event: Frame) -> Frame:
    """Return events with whether no other one of the same ticket and kind perhaps came before."""
    pairs = event.reset_index().merge(event[["ticket", "by_field", "id", "occurred_at"]], on=["ticket", "by_field"])
    earlier = pairs[(pairs["id_x"] != pairs["id_y"]) & (pairs["occurred_at_y"] <= pairs["occurred_at_latest"])]
    return event.assign(is_first=~event.index.isin(earlier["index"]))


def _acted(rows: Frame, column: str) -> Frame:
    """Return who acted on what, and when, of rows that name them in a column."""
    return rows[["maker", column, "acted_at"]].set_axis(["maker", "account", "acted_at"], axis=1)


def _without(left: Frame, right: Frame, key: list[str]) -> Frame:
    """Return the rows of `left` whose key is not in `right`."""
    found = left.merge(right[key].drop_duplicates(), how="left", on=key, indicator="side")
    return found[found.pop("side") == "left_only"]
