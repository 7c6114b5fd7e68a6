"""People with pandas, for the peer of T-11: whose hand an account was, over time."""

from typing import Any

import duckdb
import numpy as np
import pandas as pd

from twofold.tables.schema import ColumnType, canonical_tables

EVER, LAST, NEVER = (pd.Timestamp(day) for day in ("0001-01-01", "9999-12-30", "9999-12-31"))
Frame = Any
"""A pandas DataFrame; pandas is there for `make bench` only."""


class People:
    """Reads tables as frames and names the person behind an account."""

    def __init__(self, session: duckdb.DuckDBPyConnection) -> None:
        self._session = session
        self.hand = self._hands()

    def read(self, table: str, columns: str) -> Frame:
        """Return columns of a table, of an instant its earliest and latest time; an empty text is kept as it is."""
        known = canonical_tables().get(table)
        instants = {each.name for each in known.columns if each.type is ColumnType.INSTANT} if known else set()
        chosen = []
        for name in columns.split():
            chosen += [name, f"{name}_latest"] if name in instants else [name]
        return self._session.sql(f"SELECT {', '.join(chosen)} FROM {table}").df()  # noqa: S608  our own names

    def add_hand(self, rows: Frame, account: str, at: str) -> Frame:
        """Add whose hand an account was at a moment: person (the human) and state; the index is without repeats."""
        known = self.hand.rename(columns={"account": account})
        found = rows[[account, at]].dropna().reset_index().merge(known, on=account)
        found = found[(found["f"] <= found[at]) & (found[at] < found["t"])]
        return rows.join(found.set_index("index")[["person", "state"]])

    def _hands(self) -> Frame:
        account = self.read("account", "id kind triggered_by email conflicted").rename(columns={"id": "account"})
        link = self.read("account_link", "account person conflicted valid_from valid_to")
        robot = account["kind"].isin(["service", "bot"])
        kinds = account.set_index("account")["kind"]
        self.robots = account.loc[robot, "account"]
        by_shared = robot & (account["triggered_by"].map(kinds) == "shared")
        owner = pd.DataFrame(
            {
                "account": account["account"],
                "name": account["triggered_by"].where(robot & account["triggered_by"].notna(), account["account"]),
                "kind": account["kind"].fillna("human").mask(by_shared, "shared"),
            }
        )
        known = link.loc[~link["account"].isin(account["account"]), "account"].drop_duplicates()
        owner = pd.concat([owner, pd.DataFrame({"account": known, "name": known, "kind": "human"})])
        link["f"] = link["valid_from"].fillna(EVER)
        link["t"] = link["valid_to"].mask(link["conflicted"]).fillna(NEVER)
        mailed = account[account["email"].notna() & ~account["account"].isin(link["account"])]
        people = self.read("person", "id email conflicted").dropna(subset="email").rename(columns={"id": "person"})
        mailed = mailed.assign(mail=mailed["email"].str.lower()).merge(
            people.assign(mail=people["email"].str.lower()), on="mail", suffixes=("", "_of_person")
        )
        mailed["conflicted"] |= mailed["conflicted_of_person"].astype(bool)
        columns = ["account", "person", "conflicted", "f", "t"]
        links = pd.concat([link[columns], mailed.assign(f=EVER, t=NEVER)[columns]]).rename(columns={"account": "name"})
        tie = owner[owner["kind"] != "shared"].merge(links[links["f"] < links["t"]], on="name")
        nobody = owner[owner["kind"].isin(["shared", "service", "bot"]) & ~owner["account"].isin(tie["account"])]
        nobody = pd.DataFrame(
            {
                "account": nobody["account"], "f": EVER, "t": NEVER, "person": None,
                "state": np.where(nobody["kind"] == "shared", "shared", "bot"),
            }
        )  # fmt: skip
        hands = pd.concat([_stretches(tie), nobody.astype({"f": tie["f"].dtype, "t": tie["t"].dtype})])
        return hands.assign(person=hands["person"].map(self._humans()).fillna(hands["person"]))

    def _humans(self) -> Any:
        """Return the first HR id of each human, by each of the HR ids under which they went on."""
        held = self.read("engagement", "id person follows")
        step = held.merge(held[["id", "person"]].set_axis(["follows", "human"], axis=1), on="follows")
        step = step.loc[step["person"] != step["human"], ["person", "human"]].drop_duplicates()
        chain, ends = step, [step[:0]]
        for _ in range(90):
            is_first = ~chain["human"].isin(step["person"])
            ends.append(chain[is_first])
            onward = step.set_axis(["link", "human"], axis=1)
            chain = chain[~is_first].set_axis(["person", "link"], axis=1).merge(onward, on="link")
            chain = chain[["person", "human"]].drop_duplicates()
        return pd.concat(ends).groupby("person")["human"].min()


def _stretches(tie: Frame) -> Frame:
    """Return the stretches of each account, cut wherever one of its links begins or ends."""
    several = tie["account"].duplicated(keep=False)
    one = tie[~several].assign(people=1)
    more = tie[several]
    edge = pd.concat([more[["account", end]].set_axis(["account", "f"], axis=1) for end in ("f", "t")])
    edge = edge.drop_duplicates().sort_values(["account", "f"])
    edge["t"] = edge.groupby("account")["f"].shift(-1)
    cover = edge.dropna().merge(more, on="account", suffixes=("", "_link"))
    cover = cover[(cover["f_link"] <= cover["f"]) & (cover["t"] <= cover["t_link"])]
    cut = cover.groupby(["account", "f", "t"], as_index=False).agg(
        person=("person", "first"), people=("person", "nunique"), conflicted=("conflicted", "max")
    )
    every = pd.concat([one, cut])[["account", "f", "t", "person", "people", "conflicted"]]
    sure = (every["people"] == 1) & ~every["conflicted"].astype(bool)
    return pd.DataFrame(
        {
            "account": every["account"], "f": every["f"], "t": every["t"], "person": every["person"].where(sure, None),
            "state": np.where(sure, "linked", "ambiguous"),
        }
    )  # fmt: skip
