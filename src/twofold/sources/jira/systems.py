"""Which systems of the register a Jira issue is about."""

from typing import Any

from twofold.tables.rows import NormaliseContext


def systems_of(issue: dict[str, Any], context: NormaliseContext) -> list[str]:
    """Return the systems of the issue's components, each falling back to the system of its project.

    A component that neither is mapped nor lies in a mapped project stays visible as `unmapped:component:NAME`. An
    issue without components names its project's system, or none.
    """
    fields = issue.get("fields") or {}
    key = str(issue.get("key", ""))
    project = str((fields.get("project") or {}).get("key") or key.rpartition("-")[0])
    fallback = context.systems.get(f"jira:project:{project}", "")
    components = [str(part.get("name", "")) for part in fields.get("components") or [] if isinstance(part, dict)]
    if not components:
        return [fallback] if fallback else []
    found = {
        context.systems.get(f"jira:component:{name}") or fallback or context.system_of("jira", f"component:{name}")
        for name in components
    }
    return sorted(found)
