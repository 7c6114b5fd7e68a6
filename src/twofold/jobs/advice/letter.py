"""The reply to a buyer as a text to send, after a person has read it."""

from twofold.jobs.advice.advise import ReplyAdvice
from twofold.model.statement import NOT_AN_OPINION, told_source


def reply_letter(advice: ReplyAdvice) -> str:
    """Return the draft as a text to send after a person has read it: sentences, questions, where each comes from."""
    reply = advice.reply
    lines = [
        f"DRAFT of {advice.on} to {reply.request.customer}, for a person to read before it leaves {advice.company}"
    ]
    lines += ["", *(f"{each.text} [{number}]" for number, each in enumerate(reply.draft, 1)), "", "So that we answer"]
    lines[-1] += " what you need, please tell us:"
    first = len(reply.draft) + 1
    lines += [f"- {each.text} [{number}]" for number, each in enumerate(reply.questions, first)]
    lines += ["", NOT_AN_OPINION, "", "Where each sentence comes from"]
    for number, each in enumerate([*reply.draft, *reply.questions], 1):
        source = f"{told_source(each.rule.source)}; from {'; '.join(each.data)}"
        lines.append(f"[{number}] {each.rule.rule} of {each.rule.as_of}: {source}")
    return "\n".join(lines) + "\n"
