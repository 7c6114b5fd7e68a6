"""What answers and claims rest on, as links, and what can be named as a source."""

import re

from django.urls import NoReverseMatch, reverse

from twofold.engagement.questionnaire.facts import is_ref, kind_of
from twofold.jobs.tables_read import tables_read
from twofold.web.workspace_access import Current

_EVIDENCE = re.compile(r"ev-[0-9]+")


def address_of(ref: str) -> str:
    """Return the page of a source such as `control:AC-03@soc2-2026`; "" where there is none."""
    if not is_ref(ref):
        return ""
    name = ref.partition(":")[2]
    try:
        match kind_of(ref):
            case "control":
                return reverse("control", args=[name.partition("@")[0]])
            case "evidence":
                return reverse("evidence_one", args=[name]) if _EVIDENCE.fullmatch(name) else ""
            case "policy":
                return reverse("policy", args=[name.partition("/")[0]])
            case _:
                part, _, rest = name.partition("/")
                system = rest.partition("/")[0]
                return reverse("system", args=[system]) if part == "systems" and system else reverse("systems")
    except NoReverseMatch:
        return ""


def nameable(now: Current) -> list[tuple[str, str]]:
    """Return sources that can be named, with a title: judged controls, policies, and the systems of the scope."""
    judged = {row.control_id for row in now.status.rows}
    controls = [(f"control:{name}", held.title) for name, held in now.catalog.controls.items() if name in judged]
    with tables_read(now.workspace, frozenset({"policy"})) as session:
        held = session.execute("SELECT id, title FROM policy ORDER BY id").fetchall()
    policies = [(f"policy:{name}", title or name) for name, title in held]
    systems = [(f"scope:systems/{each.id}", each.name) for each in now.scope.scope.systems] if now.scope else []
    return list(dict([*controls, *policies, *systems]).items())
