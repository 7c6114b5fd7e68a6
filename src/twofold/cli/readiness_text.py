"""How a review and a dry run are told on the command line, from their JSON form."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from twofold.cli.output import counted, say, say_table, say_wrapped

_SHOWN_FIXES = 12
_SHOWN_LINES = 6
_SIGN = {"ok": "+", "gap": "x", "cannot tell": "?"}


def print_review(review: Mapping[str, Any]) -> None:
    """Print the summary, the gate, what to repair, and the outlook; a limited review shows its open lines."""
    limited = any(review["limited_to"].values())
    window = review["window"]
    say(f"{review['company']}: readiness on {review['today']}, over {window['from'][:10]} to {window['to'][:10]}")
    say()
    say_table(_summary(review))
    if "gate" in review:
        say()
        say_wrapped(review["gate"]["statement"]["text"], indent=0)
    if limited:
        _print_checks(review)
    _print_fixes(review)
    if not limited:
        _print_predicted(review)
        _print_freshness(review)
    if review["captured_after_today"]:
        say()
        told = counted(review["captured_after_today"], "piece")
        say_wrapped(f"{told} of evidence came after {review['today']} and is in this review too.", indent=0)
    say()
    say(review["not_an_opinion"])


def print_dry_run(run: Mapping[str, Any]) -> None:
    """Print hours per control, and what is missing."""
    ended = f"ended {run['finished_at'][:16]}" if run["finished_at"] else "going on"
    say(f"{run['dry_run']}: drawn {run['drawn_at'][:16]} UTC, {ended}")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Control", no_wrap=True)
    for name in ("Drawn", "Median hours", "Worst hours", "Still open"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in run["controls"]:
        hours = ["-" if each[name] is None else str(each[name]) for name in ("median", "worst")]
        table.add_row(each["control"], str(each["drawn"]), *hours, str(each["still_open"]))
    say_table(table)
    for item in run["items"]:
        if item["hours"] is None:
            missing = ", ".join(item["still_missing"]) or "it came after the end"
            say_wrapped(f"{item['control']} {item['item']}: missing {missing}", indent=2, hanging=4)


def _summary(review: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Question or area", no_wrap=True)
    for name in ("Gap", "Cannot tell", "Ok"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for each in review["summary"]:
        checks = each["checks"]
        if sum(checks.values()):
            counts = [str(checks[state]) for state in ("gap", "cannot tell", "ok")]
            table.add_row(each["title"], *counts, Text(f"--area {each['id']}", style="dim"))
    return table


def _print_checks(review: Mapping[str, Any]) -> None:
    say()
    for check in review["checks"]:
        say_wrapped(f"{_SIGN[check['state']]} {check['title']}: {check['state']}", indent=0, hanging=2)
        for line in check["open"][:_SHOWN_LINES]:
            say_wrapped(f"{_SIGN[line['state']]} {line['text']}", indent=4, hanging=2)
        if len(check["open"]) > _SHOWN_LINES:
            say(f"      ... and {len(check['open']) - _SHOWN_LINES} more with --json")
        if check["open"]:
            statement = check["statement"]
            say_wrapped(f"{statement['rule']}: {statement['source']}, {statement['as_of']}", indent=4, hanging=2)


def _print_fixes(review: Mapping[str, Any]) -> None:
    say()
    if not review["fixes"]:
        say("Nothing is open.")
        return
    say("What to repair, in order of effect:")
    say_wrapped(review["fix_order"], indent=2)
    for fix in review["fixes"][:_SHOWN_FIXES]:
        say_wrapped(f"{fix['rank']:>2}. {fix['state']}: {fix['statement']['text']}", indent=2, hanging=4)
        say_wrapped(f"{fix['because']} ({fix['check']})", indent=6, hanging=0)
    if len(review["fixes"]) > _SHOWN_FIXES:
        say(f"      ... and {len(review['fixes']) - _SHOWN_FIXES} more with --json or --html FILE")


def _print_predicted(review: Mapping[str, Any]) -> None:
    say()
    for each in review["predicted"]:
        exceptions = counted(len(each["exceptions"]), "predicted exception")
        say_wrapped(f"{each['lens']} ({each['engagement']}): {exceptions}.", indent=0, hanging=2)
        if "outlook" in each:
            say_wrapped(each["outlook"]["text"], indent=2, hanging=2)


def _print_freshness(review: Mapping[str, Any]) -> None:
    spent = [each for each in review["freshness"] if each["left_days"] < 0]
    burning = [each for each in review["freshness"] if each["alert"]]
    if spent or burning:
        say_wrapped(
            f"Freshness: {len(spent)} of {len(review['freshness'])} kinds of evidence have no stale days left, "
            f"{len(burning)} burn them fast: twofold readiness --area evidence",
            indent=0,
            hanging=2,
        )
