"""The lead sheet of a control test: everything a workpaper must show, line by line (audit-domain 5.4).

What software cannot know is a line to be filled by a person, and marked so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twofold.controltests.run_record import ControlTestRun, RunState
from twofold.lenses.conclusion import ControlTestResult
from twofold.lenses.verdict import Counts
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.completeness_text import check_rows, extraction_rows
from twofold.reports.contents import PackageContents, PackagedEngagement, PackagedRun, run_place
from twofold.reports.items import LENS_TITLES
from twofold.reports.people_acts import said_by, sign_offs
from twofold.reports.sample_words import shown_samples
from twofold.vault.entry import Entry

TICKMARKS = (
    ("✓", "pass", "the attribute holds"),
    ("✗", "exception", "the attribute does not hold; the reason stands beside the marks"),
    ("?", "cannot test", "the evidence does not say; counts as a deviation until it is resolved"),
    ("n/a", "not applicable", "the control does not ask for it on this item"),
)
"""Mark, outcome, meaning."""
MARKS = {outcome: mark for mark, outcome, _ in TICKMARKS}
STATE_WORDS = {
    RunState.TESTED: "tested",
    RunState.DID_NOT_OCCUR: "did not occur: the population is empty",
    RunState.STOPPED: "stopped: the population is not proven",
}


@dataclass(frozen=True, slots=True)
class LeadLine:
    """One line. `to_fill` marks what a named person has to write; `heading` lines have no text."""

    label: str
    text: str = ""
    heading: bool = False
    to_fill: bool = False


def lead_lines(
    contents: PackageContents, run: PackagedRun, record: ControlTestRun, completeness: Mapping[str, Any]
) -> list[LeadLine]:
    """Return the lead sheet of one control test of one control."""
    judging = [each for each in contents.engagements if each.result(run.control.control_id, run.rule.control_test)]
    return [
        *_head(contents, run, judging),
        *_population(run, record, completeness),
        *_method(run, record),
        *_samples(contents, run),
        *_attributes(run, judging),
        *_results(run, record, judging),
        *_sign_offs(contents, run),
    ]


def rate_text(counts: Counts) -> str:
    """Say the deviation rate as a range: without and with the items that cannot be tested.

    >>> rate_text(Counts(population=210, passed=195, exceptions=2, cannot_test=3, not_applicable=10))
    '2 of 200 (1.00%) to 5 of 200 (2.50%)'
    """
    (low, applicable), (high, _) = counts.rate
    if not applicable:
        return "none: no item counts"
    if low == high:
        return f"{low} of {applicable} ({percent(low, applicable)})"
    return f"{low} of {applicable} ({percent(low, applicable)}) to {high} of {applicable} ({percent(high, applicable)})"


def percent(part: int, whole: int) -> str:
    """Return a share with two decimals; a share too small for them is shown as below, never as none.

    >>> percent(1, 33), percent(1, 100_000)
    ('3.03%', 'below 0.01%')
    """
    hundredths = (part * 20_000 + whole) // (2 * whole)
    return "below 0.01%" if part and not hundredths else f"{hundredths // 100}.{hundredths % 100:02d}%"


def counts_text(result: ControlTestResult) -> str:
    """Say the five counts in one line."""
    if result.counts is None:
        return "; ".join(("not tested", *result.stops))
    counts = result.counts
    return (
        f"population {counts.population} = pass {counts.passed} + exception {counts.exceptions}"
        f" + cannot test {counts.cannot_test} + not applicable {counts.not_applicable}"
    )


def _head(contents: PackageContents, run: PackagedRun, judging: Sequence[PackagedEngagement]) -> Iterator[LeadLine]:
    control = run.control
    yield LeadLine("Workpaper", heading=True)
    yield LeadLine("Company", contents.company)
    yield LeadLine("Reference", f"{control.control_id} / {run.rule.control_test}")
    for each in judging:
        judged = each.judgement
        lens = f"{judged.lens_title}{f' {each.type}' if each.type else ''}"
        yield LeadLine(
            f"Engagement, lens {LENS_TITLES[judged.lens]}",
            f"{each.id}: {lens}; auditor {judged.auditor or 'not chosen yet'}",
        )
        yield LeadLine(
            f"Review period, {LENS_TITLES[judged.lens]}",
            f"{each.period}, both days inclusive ({contents.reporting_zone})",
        )
    yield LeadLine("Control", f"{control.control_id} {control.title}")
    yield LeadLine("Control as described", f"{control.statement} (as known on {contents.clock:%Y-%m-%d})")
    yield LeadLine("Objective of the test", run.rule.objective)
    yield LeadLine("Risk, SOC 2", control.risk.soc2)
    if control.risk.financial_reporting:
        yield LeadLine("Risk, financial reporting", control.risk.financial_reporting)
    yield LeadLine("Trust services criteria", ", ".join(control.criteria))
    roles = ", ".join(f"{domain} ({role})" for domain, role in control.domains.items())
    yield LeadLine("ITGC domains (role)", roles or f"none: {str(control.sox_use).replace('_', ' ')}")
    yield LeadLine("Frequency", " ".join((str(control.frequency).replace("_", " "), control.frequency_note)).strip())
    yield LeadLine("Type (manual, automated, IT-dependent)", to_fill=True)
    for role in ("owner", "performer", "evidence owner", "deputy"):
        name = run.people.get(role, "")
        yield LeadLine(f"Control {role}" if role != "evidence owner" else "Evidence owner", name, to_fill=not name)
    yield LeadLine("How SOC 2 and SOX differ here", control.lens_difference)


def _population(run: PackagedRun, record: ControlTestRun, completeness: Mapping[str, Any]) -> Iterator[LeadLine]:
    yield LeadLine("Population and its completeness (IPE)", heading=True)
    yield LeadLine("Population", f"{completeness['title']}: {record.population_count} items ({record.population})")
    yield LeadLine("One item is", run.control.population_unit)
    yield LeadLine("Definition", f"definition.sql, SHA-256 {record.definition_sha256}")
    yield LeadLine("Hash of the population", f"population.parquet, SHA-256 {record.population_sha256}")
    for row in extraction_rows(completeness):
        evidence, table, environment, query, parameters, run_by, run_at, period, rows, *came, digest = row
        claimed, totals, page_size, last_page, unread, oldest, systems = came
        yield LeadLine(
            f"Source {evidence}",
            f"{table} from {environment}\nquery: {query}\nparameters: {parameters}\nrun by {run_by or 'not given'} "
            f"at {run_at}, for {period}\nsystems: {systems}; oldest record that the source held: {oldest}\n"
            f"{rows} rows, {unread} unread; the source counted {claimed}; page size {page_size}, last page reached: "
            f"{last_page}\ntotals of the source: {totals}\nSHA-256 {digest}",
        )
    yield LeadLine("Second source", str(completeness["second_source"]))
    for title, result, found, expected, _ in check_rows(completeness):
        yield LeadLine(title, f"{result}: {found} (complete: {expected})")
    yield LeadLine("Conclusion of the checks", str(completeness["conclusion"]))


def _method(run: PackagedRun, record: ControlTestRun) -> Iterator[LeadLine]:
    yield LeadLine("Method", heading=True)
    yield LeadLine(
        "Items tested",
        "Census: every item of the population. Reason: software runs the rule over captured evidence, so no sample is "
        "needed; there is no seed and no sampling error.",
    )
    yield LeadLine("Nature of the test", "Inspection of records and re-performance by the rule (sheet Rule)")
    yield LeadLine("Rule", f"{run.rule.control_test} version {record.rule_version}, SHA-256 {record.rule_sha256}")
    yield LeadLine(
        "Parameters", "; ".join(f"{name} = {value}" for name, value in sorted(record.parameters.items())) or "none"
    )
    yield LeadLine(
        "Tested by",
        f"{record.engine}; data as of {record.clock}; run {record.run_id}; the log says who started it and when",
    )
    yield LeadLine(
        "Independence of the tester", "Software run by the company. It is management's testing, not the auditor's."
    )


def _samples(contents: PackageContents, run: PackagedRun) -> Iterator[LeadLine]:
    about = (run.control.control_id, run.rule.control_test)
    for each in shown_samples(contents):
        if (each.control_id, each.control_test) == about:
            yield LeadLine(
                f"Sample {each.sample_id}, {each.engagement}",
                f"Beside the census, for the auditor. Agreed: {each.agreed}\nPopulation: {each.population}\n"
                f"Drawn: {each.drawn}\nResult: {each.result}\n"
                + "".join(f"To ask: {doubt}\n" for doubt in each.doubts)
                + f"Units, seed and proofs: {each.folder}/draw.json",
            )


def _attributes(run: PackagedRun, judging: Sequence[PackagedEngagement]) -> Iterator[LeadLine]:
    yield LeadLine("Attributes", heading=True)
    for attribute in run.rule.attributes:
        lenses = [
            LENS_TITLES[each.judgement.lens]
            for each in judging
            if (result := each.result(run.control.control_id, run.rule.control_test))
            and attribute.letter in result.required
        ]
        required = " and ".join(dict.fromkeys(lenses)) or "no lens packaged here"
        yield LeadLine(f"Attribute {attribute.letter}", f"{attribute.wording} Required by {required}.")
    for mark, outcome, meaning in TICKMARKS:
        yield LeadLine(f"Tickmark {mark}", f"{outcome}: {meaning}")


def _results(run: PackagedRun, record: ControlTestRun, judging: Sequence[PackagedEngagement]) -> Iterator[LeadLine]:
    yield LeadLine("Results", heading=True)
    yield LeadLine("Run", "; ".join((STATE_WORDS[record.state], *record.stops)))
    for letter, codes in sorted(record.counts.items()):
        yield LeadLine(
            f"Attribute {letter}, all items", ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        )
    for each in judging:
        lens = LENS_TITLES[each.judgement.lens]
        result = each.result(run.control.control_id, run.rule.control_test)
        control = each.control(run.control.control_id)
        if result is None or control is None:
            continue
        yield LeadLine(f"{lens}: counts", counts_text(result))
        if result.counts is not None:
            yield LeadLine(f"{lens}: deviation rate", rate_text(result.counts))
            yield LeadLine(f"{lens}: upper limit", "the upper end of that range; a census has no sampling error")
        yield LeadLine(
            f"{lens}: tolerable rate", f"{each.judgement.tolerable_percent}% ({each.judgement.tolerable_source})"
        )
        yield LeadLine(f"{lens}: conclusion proposed", control.conclusion.value)
        if each.judgement.reach:
            yield LeadLine(f"{lens}: how far it reaches", "\n".join(each.judgement.reach))
        yield LeadLine(f"{lens}: reasons", "\n".join(control.reasons) or "none")
        if control.looks:
            yield LeadLine(f"{lens}: looks that it rests on", "\n".join(control.looks))
            years, source = each.judgement.benchmark_years, each.judgement.benchmark_source
            yield LeadLine(f"{lens}: oldest look without a doubt", f"{years} years ({source})")
        yield LeadLine(f"{lens}: open points", "\n".join(control.open_points) or "none")
        signer = result.completeness_signed_by
        yield LeadLine(f"{lens}: completeness record signed by", signer, to_fill=not signer)
        findings = [
            f
            for f in each.findings
            if (f.control_id, f.control_test) == (run.control.control_id, run.rule.control_test)
        ]
        yield LeadLine(f"{lens}: findings", "\n".join(f"{f.finding_id}: {f.condition}" for f in findings) or "none")


def _signed(entry: Entry) -> str:
    body = entry.body
    about = body["engagement"] if body["control"] is None else f"{body['engagement']} {body['control']}"
    return f"{about}: {body['conclusion'].replace('_', ' ')}. {body['reason']} ({said_by(entry)})"


def _sign_offs(contents: PackageContents, run: PackagedRun) -> Iterator[LeadLine]:
    yield LeadLine("Conclusion by people", heading=True)
    for label in (
        "Conclusion on design",
        "Conclusion on operation",
        "Compensating control",
    ):
        yield LeadLine(label, to_fill=True)
    signed = sign_offs(contents.log, run.control.control_id)
    for role, label in (("preparer", "Prepared by, date"), ("reviewer", "Reviewed by, date")):
        said = [_signed(entry) for entry in signed if entry.body["role"] == role]
        yield LeadLine(label, "\n".join(said), to_fill=not said)
    yield LeadLine("Changes after sign-off (who, when, why)", to_fill=True)
    yield LeadLine("Cross-references", f"{run_place(run)}/ in package {contents.package_id}; matrix.csv; evidence.csv")
    yield LeadLine("Note", NOT_AN_OPINION)
