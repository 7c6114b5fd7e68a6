"""T-33 End-user files, from audit-domain T-33 and the rule's README."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.controltests.rule import ParameterValue

from .hands import add_access, add_hands, add_second_hr_id, pick_hand
from .records import Record, Records, Span
from .steps import BOT, EVER, LINKED, SHARED_ACCOUNT, TICK, Hand, allowed_access, hand, has_gap, human_of, surely_before
from .world import World

CONTROL_TEST = "T-33"
OUTCOME_ONLY: frozenset[str] = frozenset()
LETTERS = "ABCD"


def shared(world: World) -> None:
    """Nothing that all worlds see."""


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Thresholds about the scores and days that the worlds hold."""
    return {"complexity_threshold": world.pick((0, 2, 3, 3)), "listing_valid_days": world.pick((1, 14, 92))}


def populate(world: World) -> None:
    """A file or two with versions, reviews, uses, totals and listings of access."""
    system = world.key("erp")
    hands = add_hands(world, "share")
    hands[1:3] = [hands[2], world.key("share:cem"), hands[1]]
    world.add("account_link", account=hands[2], person=world.key("z"))
    add_second_hr_id(world, [world.key(name) for name in ("x", "y", "z")])
    files = [world.key("close.xlsx"), world.key("tax.xlsx")]
    contents = [world.key("c1"), world.key("c2"), world.key("c3")]
    for name in files[: world.pick((1, 1, 1, 2))]:
        for _ in range(2 if world.chance(4) else 1):
            world.add("euc_file", id=name, system=system, complexity=world.pick((None, 1, 2, 3, 3)))
    for name in files[: world.number_in(1, 2)]:
        saved = world.moment()
        for content in world.some(contents, percent=65):
            saved = world.near(saved, days=1) if world.chance(40) else world.moment()
            for _ in range(2 if world.chance(4) else 1):
                _version(world, name, content, saved, files, hands)
    uses = [world.id("use") for _ in range(world.number_in(1, 3))]
    moments = [world.moment() for _ in uses]
    for use, moment in zip(uses, moments, strict=True):
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "euc_use",
                id=use,
                file=world.pick([*files, files[0], files[0], files[0]]),
                system=system,
                used_at=world.instant(moment),
                control=world.maybe(92, "OP-09"),
                content_hash=world.pick([*contents, *contents, contents[0], None]),
            )
    for use in world.some(uses, percent=70):
        for name in ("debit", "credit")[: world.number_in(1, 2)]:
            for _ in range(2 if world.chance(5) else 1):
                world.add(
                    "euc_tie_out",
                    use=use,
                    name=name,
                    file_total=world.pick((7, 7, 7, 7, None)),
                    source_total=world.pick((7, 7, 7, 7, 8, None)),
                )
    for _ in range(world.number_in(0, 4)):
        moment = world.near(world.pick(moments))
        for _ in range(2 if world.chance(12) else 1):
            world.add(
                "euc_review",
                file=world.pick([*files, files[0], files[0]]),
                content_hash=world.pick([*contents, contents[0]]),
                reviewed_at=world.instant(moment),
                reviewer=pick_hand(world, hands),
                result=world.pick(("ok", "ok", "ok", "not_ok")),
            )
    add_access(world, files[0], moments, hands)
    for _ in range(world.pick((0, 0, 1, 2))):
        world.add(
            "source_gap",
            table_name=world.pick(("euc_version", "euc_review", "euc_tie_out", "access_listing")),
            system=world.pick((system, system, system, world.key("crm"))),
            starts_at=world.maybe(70, world.near(world.pick(moments))),
            ends_before=world.maybe(50, world.near(world.pick(moments))),
            reason="not_extracted",
        )


def _version(world: World, name: str, content: str, saved: datetime, files: Sequence[str], hands: list[str]) -> None:
    world.add(
        "euc_version",
        file=name,
        content_hash=content,
        saved_at=world.instant(saved),
        saved_by=pick_hand(world, hands),
        formula_hash=world.pick(("f1", "f1", "f2", None)),
        macro_hash=world.pick((None, None, None, "m1", "m2")),
        links=world.some([*files, world.key("rates.xlsx")], percent=8),
    )


def outcomes(
    records: Records,
    clock: datetime,  # noqa: ARG001  nothing of this rule is pending
    parameters: Mapping[str, ParameterValue],
) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code."""
    return {use["id"]: _judged(records, use, parameters) for use in records["euc_use"]}


def _judged(records: Records, use: Record, parameters: Mapping[str, ParameterValue]) -> Mapping[str, str]:
    inventory = {row["id"]: row for row in records["euc_file"]}
    versions = {(row["file"], row["content_hash"]): row for row in records["euc_version"]}
    version = versions.get((use["file"], use["content_hash"]))
    kept = [
        row for row in [*records["euc_file"], *records["euc_version"]] if use["file"] == row.get("file", row.get("id"))
    ]
    if use["conflicted"] or any(row["conflicted"] for row in kept):
        return dict.fromkeys(LETTERS, "cannot_test:conflict")
    if use["control"] is None:
        return dict.fromkeys(LETTERS, "na:no_control")
    if use["file"] not in inventory:
        copied = any(content == use["content_hash"] and file in inventory for file, content in versions)
        word = "saved_under_a_new_name" if copied else "not_in_inventory"
        return {"A": f"na:{word}", "B": f"exception:{word}", "C": f"na:{word}", "D": f"na:{word}"}
    score = inventory[use["file"]]["complexity"]
    simple = score is not None and score < int(str(parameters["complexity_threshold"]))
    if simple and version and version["macro_hash"] is None and not version["links"]:
        return dict.fromkeys(LETTERS, "na:below_threshold")
    alike = [row for row in records["euc_version"] if version and _alike(row, version)]
    reviews = [
        row
        for row in records["euc_review"]
        if any(row["file"] == each["file"] and row["content_hash"] == each["content_hash"] for each in alike)
    ]
    return {
        "A": allowed_access(
            records,
            use["file"],
            use["used_at"],
            system=use["system"],
            valid_days=int(str(parameters["listing_valid_days"])),
        ),
        "B": _reviewed(records, use, version, reviews, set(inventory)),
        "C": _reviewed_by_another(records, use, version, reviews),
        "D": _tied_out(records, use),
    }


def _alike(one: Record, other: Record) -> bool:
    if one["file"] != other["file"]:
        return False
    same_formulas = one["formula_hash"] is not None and one["formula_hash"] == other["formula_hash"]
    return one["content_hash"] == other["content_hash"] or (same_formulas and one["macro_hash"] == other["macro_hash"])


def _gap_from_before(records: Records, table: str, use: Record) -> bool:
    return has_gap(records, [table], use["system"], None, use["used_at"][1] + TICK)


def _reviewed(
    records: Records, use: Record, version: Record | None, reviews: Sequence[Record], inventory: set[str]
) -> str:
    if use["content_hash"] is None:
        return "cannot_test:version_unknown"
    if version is None:
        return (
            "cannot_test:source_gap"
            if _gap_from_before(records, "euc_version", use)
            else "exception:version_not_in_history"
        )
    if any(link not in inventory for link in version["links"]):
        return "exception:links_outside_inventory"
    relevant = [row for row in reviews if not surely_before(use["used_at"], row["reviewed_at"])]
    before = [row for row in relevant if surely_before(row["reviewed_at"], use["used_at"]) and not row["conflicted"]]
    doubtful = [row["reviewed_at"] for row in relevant if row["conflicted"]]
    on_the_way = {row["result"] == "ok" for row in relevant if row not in before and not row["conflicted"]}
    good = [row["reviewed_at"] for row in before if row["result"] == "ok"]
    bad = [row["reviewed_at"] for row in before if row["result"] != "ok"]
    last_bad = max((at[0] for at in bad), default=None)
    if last_bad is not None and all(last_bad >= each[1] for each in good):
        return _fault_stands(records, use, last_bad, doubtful, perhaps_good=True in on_the_way)
    if bad and not any(all(surely_before(fault, each) for fault in bad) for each in good):
        return "cannot_test:time_order_unclear"
    if good and any(each[1] >= max(at[0] for at in good) for each in doubtful):
        return "cannot_test:conflict"
    if good:
        return "cannot_test:time_order_unclear" if False in on_the_way else "pass"
    if True in on_the_way:
        return "cannot_test:time_order_unclear"
    if doubtful:
        return "cannot_test:conflict"
    if _gap_from_before(records, "euc_review", use):
        return "cannot_test:source_gap"
    well = any(row["result"] == "ok" and not row["conflicted"] for row in reviews)
    return "exception:reviewed_after_use" if well else "exception:not_reviewed"


def _fault_stands(
    records: Records, use: Record, found_at: datetime, doubtful: Sequence[Span], *, perhaps_good: bool
) -> str:
    """Say whether a fault stands that no good review before the use surely followed."""
    if any(each[1] >= found_at for each in doubtful):
        return "cannot_test:conflict"
    if perhaps_good:
        return "cannot_test:time_order_unclear"
    gaps = [
        row
        for row in records["source_gap"]
        if row["table_name"] == "euc_review"
        and row["system"] in {use["system"], "*"}
        and (row["starts_at"] is None or row["starts_at"] <= use["used_at"][1])
        and (row["ends_before"] is None or row["ends_before"] > found_at)
    ]
    return "cannot_test:source_gap" if gaps else "exception:review_not_ok"


@dataclass(frozen=True, slots=True)
class Change:
    """Formulas that came into a file: the versions that have them, and those that may have been the first."""

    versions: Sequence[Record]

    @property
    def at(self) -> Span:
        """When the first of the versions was saved."""
        return min(row["saved_at"][0] for row in self.versions), min(row["saved_at"][1] for row in self.versions)

    @property
    def firsts(self) -> Sequence[Record]:
        """The versions that may have been the first."""
        return [row for row in self.versions if row["saved_at"][0] <= self.at[1]]


def _changes(records: Records, file: str) -> list[Change]:
    left = [row for row in records["euc_version"] if row["file"] == file]
    found = []
    while left:
        same = [row for row in left if _alike(row, left[0])]
        left = [row for row in left if row not in same]
        found.append(Change(same))
    return found


def _reviewed_by_another(records: Records, use: Record, version: Record | None, reviews: Sequence[Record]) -> str:
    counting = [
        row
        for row in reviews
        if not row["conflicted"] and row["result"] == "ok" and surely_before(row["reviewed_at"], use["used_at"])
    ]
    if version is None or not counting:
        return "na:no_review"
    changes = _changes(records, use["file"])
    last = next(each for each in changes if version in each.versions)
    found = {
        _worst(_asked_about(records, use, row, change, last) for change in changes if change.at[0] <= last.at[1])
        for row in counting
    }
    if all(code.startswith("exception") for code in found) and any(
        row["conflicted"] and not surely_before(use["used_at"], row["reviewed_at"]) for row in reviews
    ):
        return "cannot_test:conflict"
    return next(code for code in _BEST_FIRST if code in found)


_BEST_FIRST = (
    "pass",
    "cannot_test:conflict",
    "cannot_test:source_gap",
    "cannot_test:time_order_unclear",
    "cannot_test:changer_unlinked",
    "cannot_test:changer_shared",
    "cannot_test:changer_unknown",
    "cannot_test:reviewer_unlinked",
    "cannot_test:reviewer_unknown",
    "exception:not_a_person",
    "exception:shared_account",
    "exception:reviewed_by_the_changer",
)


def _worst(codes: Iterable[str]) -> str:
    return max(codes, key=_BEST_FIRST.index)


def _asked_about(records: Records, use: Record, review: Record, change: Change, last: Change) -> str:
    """Say of a review of the version used whether it is by another human than who made one of the changes up to it."""
    code = _by_another(records, review, change)
    if change is last:
        return code
    accepted = _accepted(records, use, review, change, last)
    if "pass" in (code, accepted):
        return "pass"
    if change.at[1] >= last.at[0]:
        return "cannot_test:time_order_unclear"
    if code != "exception:reviewed_by_the_changer":
        return code
    if accepted.startswith("cannot_test"):
        return accepted
    gaps = [
        row
        for row in records["source_gap"]
        if row["table_name"] == "euc_review"
        and row["system"] in {use["system"], "*"}
        and (row["starts_at"] is None or row["starts_at"] <= use["used_at"][1])
        and (row["ends_before"] is None or row["ends_before"] > change.at[0])
    ]
    return "cannot_test:source_gap" if gaps else code


def _accepted(records: Records, use: Record, review: Record, change: Change, last: Change) -> str:
    """Say how far a human other than this reviewer had accepted a change before other formulas followed it."""
    found = {"exception:reviewed_by_the_changer"}
    versions = {row["content_hash"]: row for row in records["euc_version"] if row["file"] == use["file"]}
    for row in records["euc_review"]:
        seen = versions.get(row["content_hash"])
        if row["file"] != use["file"] or seen is None or seen in last.versions:
            continue
        with_it = seen in change.versions or surely_before(change.at, seen["saved_at"])
        perhaps_with_it = with_it or not surely_before(seen["saved_at"], change.at)
        if surely_before(use["used_at"], row["reviewed_at"]) or not perhaps_with_it:
            continue
        code = _by_another(records, row, change)
        if row["conflicted"]:
            found.add("cannot_test:conflict")
        elif row["result"] != "ok":
            continue
        elif with_it and surely_before(row["reviewed_at"], use["used_at"]):
            one, other = _reviewer(records, row), _reviewer(records, review)
            found.add("pass" if one and other and one != other else code)
        elif not code.startswith("exception"):
            found.add("cannot_test:time_order_unclear")
    return next(code for code in _BEST_FIRST if code in found)


def _reviewer(records: Records, review: Record) -> str | None:
    return human_of(records, hand(records, review["reviewer"], review["reviewed_at"][0]).person)


def _by_another(records: Records, review: Record, change: Change) -> str:
    codes = {
        _beside(records, review, row["saved_by"], hand(records, row["saved_by"], row["saved_at"][0]))
        for row in change.firsts
    }
    return codes.pop() if len(codes) == 1 else "cannot_test:time_order_unclear"


def _beside(records: Records, review: Record, account: str | None, changer: Hand) -> str:
    reviewer = hand(records, review["reviewer"], review["reviewed_at"][0])
    human = human_of(records, reviewer.person)
    same = review["reviewer"] == account or (human is not None and human == human_of(records, changer.person))
    first: Sequence[tuple[bool, str]] = (
        (review["reviewer"] is None, "cannot_test:reviewer_unknown"),
        (reviewer.state == SHARED_ACCOUNT, "exception:shared_account"),
        (reviewer.state == BOT, "exception:not_a_person"),
        (same, "exception:reviewed_by_the_changer"),
        (reviewer.state != LINKED, "cannot_test:reviewer_unlinked"),
        (account is None, "cannot_test:changer_unknown"),
        (changer.state == SHARED_ACCOUNT, "cannot_test:changer_shared"),
        (changer.state not in {LINKED, BOT}, "cannot_test:changer_unlinked"),
    )
    return next((code for holds, code in first if holds), "pass")


def _tied_out(records: Records, use: Record) -> str:
    rows = [row for row in records["euc_tie_out"] if row["use"] == use["id"]]
    clear = [row for row in rows if not row["conflicted"]]
    totals = [(row["file_total"], row["source_total"]) for row in clear]
    if any(None not in pair and pair[0] != pair[1] for pair in totals):
        return "exception:totals_differ"
    if len(clear) < len(rows):
        return "cannot_test:conflict"
    if any(None in pair for pair in totals):
        return "cannot_test:total_missing"
    if rows:
        return "pass"
    used: Span = use["used_at"]
    gaps = [
        row
        for row in records["source_gap"]
        if row["table_name"] == "euc_tie_out" and row["system"] in {use["system"], "*"}
    ]
    closed = any(row["ends_before"] is not None and row["ends_before"] > used[0] for row in gaps)
    ended = any(row["ends_before"] is None and (row["starts_at"] or EVER) <= used[1] for row in gaps)
    return "cannot_test:source_gap" if closed or ended else "exception:no_tie_out"
