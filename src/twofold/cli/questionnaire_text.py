"""How a questionnaire, its answers and the library are said on the command line, as text and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from twofold.cli.output import counted, print_json, say, say_wrapped
from twofold.engagement.questionnaire.answers import Shown
from twofold.engagement.questionnaire.drafting import Proposal
from twofold.engagement.questionnaire.facts import Support
from twofold.engagement.questionnaire.library import LibraryAnswer
from twofold.jobs.questionnaire.acting import AnswersActed
from twofold.jobs.questionnaire.exporting import ExportedFile
from twofold.jobs.questionnaire.importing import Imported
from twofold.jobs.questionnaire.library import Library
from twofold.jobs.questionnaire.standing import Standing
from twofold.model.statement import NOT_AN_OPINION, Statement

_STATES = ("open", "draft", "ready", "approved", "returned", "stale")


def say_imported(done: Imported) -> None:
    """Say how a file was read."""
    read = done.read
    count = counted(len(read.questions), "question")
    say(f"{done.questionnaire_id}: {count} in {read.form}, kept as {done.evidence[0]}")
    for layout in read.layouts.values():
        body = layout.as_json()
        asked = sum(question.part == layout.grid for question in read.questions)
        columns = ", ".join(f"{role} in {column}" for role, column in body["columns"].items())
        say_wrapped(f"{layout.grid}: {counted(asked, 'question')}, {layout.how}; {columns}", indent=2, hanging=2)
    for part, why in read.skipped:
        say_wrapped(f"{part}: not read, {why}", indent=2, hanging=2)
    conditional = [each for each in read.questions if each.parent]
    if conditional:
        told = ", ".join(f"{each.question_id} after {each.parent_word} to {each.parent}" for each in conditional)
        say_wrapped(f"Asked only after another answer: {told}", indent=2, hanging=2)
    say_wrapped(
        "Wrong columns? Import again under another --id with --column question=C --column answer=D and so on. "
        f"Next: twofold questionnaire match {done.questionnaire_id}",
        indent=0,
    )


def imported_json(done: Imported) -> dict[str, Any]:
    """Return what an import gave."""
    return {
        "questionnaire": done.questionnaire_id,
        "form": done.read.form,
        "evidence": done.evidence,
        "layouts": [layout.as_json() for layout in done.read.layouts.values()],
        "skipped": [{"part": part, "why": why} for part, why in done.read.skipped],
        "questions": [asdict(question) for question in done.read.questions],
    }


def say_counts(stands: Standing) -> None:
    """Say how far a questionnaire is."""
    questionnaire, counts = stands.questionnaire, stands.counts
    due = f", due {questionnaire.due_on}" if questionnaire.due_on else ""
    sender = f" of {questionnaire.sender}" if questionnaire.sender else ""
    say(f"{questionnaire.questionnaire_id}  {questionnaire.title}{sender}, {questionnaire.audience}{due}")
    states = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
    not_asked = f", {counts['not_asked']} not asked" if counts["not_asked"] else ""
    say(f"  {counts['answered']} of {counts['questions']} answered: {states}{not_asked}")


def say_standing(stands: Standing, shown: Sequence[Shown]) -> None:
    """Say a questionnaire question by question."""
    say_counts(stands)
    section = None
    for each in shown:
        if each.question.section != section:
            section = each.question.section
            say()
            say(section or "(no section)")
        say_question(each, stands.twice)
    say()
    say(NOT_AN_OPINION)


def say_question(shown: Shown, twice: Mapping[str, str]) -> None:
    """Say one question with its answer."""
    question, answer = shown.question, shown.answer
    sender = f" {question.sender_id}" if question.sender_id else ""
    state = "not asked" if shown.not_asked else str(shown.state)
    say_wrapped(f"{question.question_id}{sender}  {state:<9}  {question.text}", indent=2, hanging=4)
    if shown.not_asked:
        say_wrapped(shown.not_asked, indent=6, hanging=2)
    if same := twice.get(question.question_id):
        say_wrapped(f"asks the same as {same}", indent=6, hanging=2)
    if answer.text and not shown.not_asked:
        say_wrapped(
            " ".join(part for part in (f"[{answer.word}]" if answer.word else "", answer.text) if part), indent=6
        )
        until = f", holds to {shown.support.until}" if shown.support.until else ""
        taken = f", from {answer.library} with confidence {answer.confidence}" if answer.library else ""
        said = f"rests on {', '.join(answer.sources)}, as of {shown.support.as_of}{until}{taken}; {answer.level}"
        say_wrapped(said, indent=6, hanging=2)
        by = f"by {answer.author}" + (f", approved by {answer.approver}" if answer.approver else "")
        say_wrapped(by + (f": {answer.note}" if answer.note else ""), indent=6, hanging=2)
    if answer.assigned_to:
        say_wrapped(f"given to {answer.assigned_to}", indent=6, hanging=2)
    for reason in shown.reasons:
        say_wrapped(f"stale: {reason}", indent=6, hanging=2)


def shown_json(shown: Shown) -> dict[str, Any]:
    """Return a question with its answer."""
    return {
        "question": asdict(shown.question),
        "answer": asdict(shown.answer),
        "state": shown.state,
        "not_asked": shown.not_asked,
        "leaves": shown.leaves,
        "stale_because": shown.reasons,
        "as_of": shown.support.as_of,
        "holds_until": shown.support.until,
    }


def standing_json(stands: Standing, shown: Sequence[Shown]) -> dict[str, Any]:
    """Return a questionnaire question by question."""
    return {
        "questionnaire": asdict(stands.questionnaire),
        "counts": stands.counts,
        "questions": [shown_json(each) for each in shown],
        "same_question": stands.twice,
        "note": NOT_AN_OPINION,
    }


def print_acted(done: AnswersActed, as_json: bool) -> None:
    """Say what an act left."""
    if as_json:
        touched = {each.question_id for each in done.answers}
        shown = [each for each in done.after.shown if each.question.question_id in touched]
        print_json({**standing_json(done.after, shown), "evidence": done.evidence})
        return
    for answer in done.answers:
        say_question(done.after.question(answer.question_id), done.after.twice)
    if done.evidence:
        say(f"Recorded as {', '.join(done.evidence)}.")
    say_counts(done.after)


def say_proposals(proposals: Mapping[str, Proposal], stands: Standing) -> None:
    """Say what was drafted, and why nothing was."""
    drafted = {name: each.draft for name, each in proposals.items() if each.draft}
    for name, draft in drafted.items():
        shown = stands.question(name)
        taken = f"{draft.library} {draft.confidence:.2f}" if draft.library else draft.said[0].rule.rule
        say_wrapped(f"{name}  [{draft.word or 'text'}] {taken}: {shown.question.text}", indent=2, hanging=4)
    without = {name: each for name, each in proposals.items() if each.draft is None}
    if without:
        say()
        say("No draft, since there is no answer without a source:")
        for name, proposal in without.items():
            text = f"{name}  {stands.question(name).question.text}  ({proposal.why})"
            say_wrapped(text, indent=2, hanging=4)
    say()
    say(f"{counted(len(drafted), 'draft')} made, {len(without)} without one")


def proposals_json(proposals: Mapping[str, Proposal]) -> dict[str, Any]:
    """Return what matching gave."""
    return {
        name: {
            "draft": None if each.draft is None else {**asdict(each.draft), "said": statements_json(each.draft.said)},
            "why_none": each.why,
            "matches": [asdict(match) for match in each.matches],
        }
        for name, each in proposals.items()
    }


def statements_json(said: Sequence[Statement]) -> list[dict[str, Any]]:
    """Return statements with rule, source and data."""
    return [asdict(each) for each in said]


def say_exported(done: ExportedFile) -> None:
    """Say what left, and what did not."""
    say(f"{counted(len(done.answered), 'answer')} written to {done.file}, the note to {done.note}")
    for shown, why in done.left:
        say_wrapped(f"{shown.question.question_id}  left empty, {why}: {shown.question.text}", indent=2, hanging=4)
    for shown in done.not_asked:
        say_wrapped(f"{shown.question.question_id}  not asked: {shown.not_asked}", indent=2, hanging=4)
    say(f"What left is kept as {done.evidence}.")
    say(NOT_AN_OPINION)


def exported_json(done: ExportedFile) -> dict[str, Any]:
    """Return what left, and what did not."""
    return {
        "file": str(done.file),
        "note_file": str(done.note),
        "evidence": done.evidence,
        "answered": {shown.question.question_id: asdict(said) for shown, said in done.answered},
        "left": {shown.question.question_id: why for shown, why in done.left},
        "not_asked": {shown.question.question_id: shown.not_asked for shown in done.not_asked},
        "note": NOT_AN_OPINION,
    }


def say_library(held: Library) -> None:
    """Say the library with conflicts, duplicates and what is stale."""
    for answer, support in held.answers:
        say_library_answer(answer, support)
    for each in held.doubles:
        say_wrapped(f"{each.kind}: {each.one} and {each.other}, {each.why}", indent=0, hanging=2)
    stale = sum(not support.holds for _, support in held.answers)
    say(f"{counted(len(held.answers), 'answer')}, {stale} stale")


def say_library_answer(answer: LibraryAnswer, support: Support) -> None:
    """Say one answer of the library."""
    state = "holds" if support.holds else "stale"
    word = f"[{answer.word}] " if answer.word else ""
    say_wrapped(f"{answer.answer_id}  {state}  {answer.level}  {answer.questions[0]}", indent=0, hanging=2)
    for question in answer.questions[1:]:
        say_wrapped(f"also: {question}", indent=4, hanging=2)
    say_wrapped(f"{word}{answer.text}", indent=4, hanging=2)
    until = f", holds to {support.until}" if support.until else ""
    say_wrapped(f"rests on {', '.join(answer.sources)}, as of {support.as_of}{until}", indent=4, hanging=2)
    for reason in support.reasons:
        say_wrapped(f"stale: {reason}", indent=4, hanging=2)


def library_json(held: Library) -> dict[str, Any]:
    """Return the library."""
    return {
        "answers": [library_answer_json(answer, support) for answer, support in held.answers],
        "doubles": [asdict(each) for each in held.doubles],
    }


def library_answer_json(answer: LibraryAnswer, support: Support) -> dict[str, Any]:
    """Return one answer of the library."""
    return {**asdict(answer), "holds": support.holds, "stale_because": support.reasons, "holds_until": support.until}
