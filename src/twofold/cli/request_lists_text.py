"""How request lists, pairs and the merged list are shown, as text and as JSON."""

from twofold.cli.output import counted, say, say_wrapped
from twofold.jobs.request_lists.standing import StandingLists, ordered
from twofold.model.statement import NOT_AN_OPINION
from twofold.readiness.near_duplicates.list_columns import ListRole, ReadList
from twofold.readiness.near_duplicates.merged_list import MergedRequest
from twofold.readiness.near_duplicates.proposals import ProposedPair

_SHOWN = 5
_ROWS_NAMED = 10


def decision_on(standing: StandingLists, pair: ProposedPair) -> str:
    """Return what was decided on a pair, "" where nothing was."""
    row = standing.decisions.get(ordered(pair.first.place, pair.second.place))
    return str(row["decision"]) if row else ""


def say_read(read: ReadList, formulas: int) -> None:
    """Say how a file was read, and its first requests."""
    layout = read.layout
    where = f"header in row {layout.header}" if layout.header else "no header"
    say(f"Sheet {layout.sheet!r}, {where}, {counted(len(read.lines), 'request')}:")
    for role in ListRole:
        if role in layout.columns:
            say_wrapped(f"{role:<7} column {layout.columns[role]} ({layout.why[role]})", indent=2, hanging=8)
        else:
            say(f"  {role:<7} no column" + ("; lines are numbered by their row" if role is ListRole.ID else ""))
    for line in read.lines[:_SHOWN]:
        say_wrapped(f"{line.line_id}: {line.text}", indent=2, hanging=4)
    if len(read.lines) > _SHOWN:
        say(f"  ... and {len(read.lines) - _SHOWN} more")
    if read.skipped:
        rows = ", ".join(str(row) for row, _ in read.skipped[:_ROWS_NAMED])
        more = " ..." if len(read.skipped) > _ROWS_NAMED else ""
        say(f"Rows without a request, passed over: {rows}{more}")
    if formulas:
        say(f"{counted(formulas, 'cell')} hold a formula; the stored value was read, and nothing was evaluated.")


def say_pair(standing: StandingLists, pair: ProposedPair) -> None:
    """Say one pair with its reasons."""
    held = decision_on(standing, pair)
    say(
        f"{pair.score:.2f}  {pair.first.place}  +  {pair.second.place}"
        + (f"  ({held.replace('_', ' ')})" if held else "")
    )
    for line in (pair.first, pair.second):
        system = f" [{line.system}]" if line.system else ""
        say_wrapped(line.text + system, indent=6, hanging=2)
    say_wrapped("Why: " + "; ".join(pair.reasons), indent=6, hanging=2)
    if pair.heed:
        say_wrapped("Heed: " + "; ".join(pair.heed), indent=6, hanging=2)


def say_request(request: MergedRequest) -> None:
    """Say one line of the merged list."""
    places = " + ".join(line.place for line in request.lines)
    evidence = f" [{', '.join(request.captured)}]" if request.captured else ""
    say_wrapped(f"{request.number:>3}. {places}: {request.lines[0].text}{evidence}", indent=0, hanging=5)


def read_json(read: ReadList, formulas: int) -> dict[str, object]:
    """Return how a file was read."""
    layout = read.layout
    return {
        "sheet": layout.sheet,
        "header": layout.header,
        "columns": {str(role): {"column": column, "why": layout.why[role]} for role, column in layout.columns.items()},
        "lines": read.lines,
        "skipped": read.skipped,
        "formulas": formulas,
    }


def pair_json(standing: StandingLists, pair: ProposedPair) -> dict[str, object]:
    """Return one pair."""
    return {
        "first": pair.first,
        "second": pair.second,
        "score": pair.score,
        "reasons": pair.reasons,
        "heed": pair.heed,
        "decision": decision_on(standing, pair) or None,
        "note": NOT_AN_OPINION,
    }


def merged_json(request: MergedRequest) -> dict[str, object]:
    """Return one line of the merged list."""
    return {
        "number": request.number,
        "shared": request.shared,
        "requests": request.lines,
        "captured": request.captured,
        "note": NOT_AN_OPINION,
    }
