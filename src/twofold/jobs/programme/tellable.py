"""Which tables a person may tell row by row, and what each is called. The rest comes by an export or the scope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Tellable:
    """One table. about_person: the column with the person whom a row is about, who cannot state it themselves.

    makes_id: an empty `id` is made. choices: column -> the words that control tests know. names: column -> the table
    and column in which its value must stand: a row about something that nobody knows would be read by nothing.
    """

    table: str
    title: str
    about_person: str = ""
    makes_id: bool = False
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)


_PERSON = {"person": ("person", "id")}
_POLICY = {"policy": ("policy", "id")}
_VENDOR = {"vendor": ("vendor", "id")}
_REPORT = {"report": ("soc_report", "id")}
_ROWS = (
    Tellable("engagement", "employment", "person", choices={"type": ("employee", "contractor")}, names=_PERSON),
    Tellable("job", "job", "person", names=_PERSON),
    Tellable("leave", "long leave", "person", choices={"kind": ("parental", "sick", "sabbatical")}, names=_PERSON),
    Tellable("policy", "policy"),
    Tellable("policy_version", "version of a policy", names=_POLICY),
    Tellable("policy_review", "review of a policy", names=_POLICY),
    Tellable(
        "policy_number", "promise of a policy", choices={"bound": ("at_most", "at_least", "exactly")}, names=_POLICY
    ),
    Tellable("measured_value", "measured value", makes_id=True),
    Tellable(
        "acknowledgement", "acknowledgement", makes_id=True, names={**_PERSON, "policy": ("policy_version", "policy")}
    ),
    Tellable("signing_duty", "duty to sign a policy", names={"policy": ("policy_version", "policy")}),
    Tellable("vendor", "reliance on a vendor"),
    Tellable("reliance_period", "stretch to answer for"),
    Tellable(
        "soc_report",
        "report of a vendor",
        choices={
            "kind": ("soc1", "soc2", "soc3", "iso27001"),
            "type": ("1", "2"),
            "opinion": ("unqualified", "qualified", "adverse", "disclaimer"),
        },
        names=_VENDOR,
    ),
    Tellable("report_exception", "exception of a report", names=_REPORT),
    Tellable(
        "cuec",
        "duty that a report leaves to us",
        choices={"own_result": ("effective", "not_effective")},
        names=_REPORT,
    ),
    Tellable("subservice", "subservice organisation", choices={"method": ("carve_out", "inclusive")}, names=_REPORT),
    Tellable(
        "bridge",
        "bridge letter",
        makes_id=True,
        choices={"signer_role": ("management", "auditor")},
        names=_VENDOR,
    ),
    Tellable(
        "vendor_review",
        "review of a vendor",
        makes_id=True,
        choices={"conclusion": ("approved", "approved_with_conditions", "rejected")},
        names=_VENDOR,
    ),
    Tellable("vendor_contract", "contract with a vendor", makes_id=True, names=_VENDOR),
    Tellable("vendor_issue", "issue of a vendor", makes_id=True, names=_VENDOR),
    Tellable("training", "completed training", "person", makes_id=True, names=_PERSON),
    Tellable("required_course", "required course"),
)
TELLABLE: Mapping[str, Tellable] = MappingProxyType({each.table: each for each in _ROWS})
