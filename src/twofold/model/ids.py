"""Identifiers, one type each, so that a control cannot be passed where a system is wanted."""

from typing import NewType

SystemId = NewType("SystemId", str)
ControlId = NewType("ControlId", str)
"""For example AC-03."""
ControlTestId = NewType("ControlTestId", str)
"""For example T-10: the rule, which knows no framework."""
CriterionId = NewType("CriterionId", str)
"""For example CC8.1."""
EngagementId = NewType("EngagementId", str)
EvidenceId = NewType("EvidenceId", str)
"""`ev-` and the number of the log entry that recorded the capture."""
PersonId = NewType("PersonId", str)
RunId = NewType("RunId", str)
