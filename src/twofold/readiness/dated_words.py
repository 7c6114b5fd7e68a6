"""Words and limits of checks as rows: TOML files of this folder, each with day and source."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def word_relations() -> Mapping[str, Sequence[tuple[object, ...]]]:
    """Return the rows of the relations that come from files, by relation name."""
    words, promises, topics, limits = (
        tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("words", "promises", "policy_topics", "source_limits")
    )
    places = {"chat": "chat", "email": "e-mail", "screenshot": "a screenshot"}
    return {
        "team_word": [(word,) for word in words["team"]["words"]],
        "picture_word": [(word, place) for name, place in places.items() for word in words["pictures"][name]],
        "promise": [
            (measure, body["control"], body.get("control_test", ""), body.get("parameter", ""), body.get("setting", ""))
            for measure, body in promises.items()
        ],
        "policy_topic": [(word, family) for family, listed in topics.items() for word in listed],
        "source_limit": [(each["source"], each["kind"], each["days"], each["told_by"]) for each in limits.values()],
    }
