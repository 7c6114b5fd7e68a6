"""The path of an evaluation: each step with what was asked, what was answered, and by whom. It explains itself."""

from dataclasses import dataclass, field

from twofold.findings.deficiency.inputs import INPUTS, Given, Judgements


@dataclass(frozen=True, slots=True)
class Step:
    """One step. given: the judgement it rests on, None = software computed it, or nobody answered yet."""

    id: str
    asked: str
    answer: str
    given: Given | None = None
    input: str = ""
    about: str = ""

    @property
    def open(self) -> bool:
        """Whether it waits for a person."""
        return bool(self.input) and self.given is None


@dataclass(frozen=True, slots=True)
class Missing:
    """A judgement that nobody gave yet. about: the dependent or control it speaks of; noun: that in words."""

    step: str
    input: str
    subject: str
    about: str
    noun: str

    @property
    def question(self) -> str:
        """What is asked."""
        return INPUTS[self.input].question

    @property
    def text(self) -> str:
        """One line for a list of what is missing."""
        return f"{self.input}{f' for {self.noun}' if self.noun else ''}: {self.question}"


@dataclass(slots=True)
class Path:
    """Collects the steps of one evaluation, and on the way what is missing and what blocks."""

    subject: str
    judgements: Judgements
    steps: list[Step] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)

    def computed(self, step: str, asked: str, answer: str) -> None:
        """Add a step that software computed."""
        self.steps.append(Step(step, asked, answer))

    def known(self, name: str, about: str = "") -> Given | None:
        """Return a judgement without asking for it."""
        return self.judgements.newest(name, self.subject, about)

    def ask(self, step: str, name: str, *, about: str = "", noun: str = "", subject: str = "") -> Given | None:
        """Return a judgement; where nobody gave it, it is missing."""
        of = subject or self.subject
        given = self.judgements.newest(name, of, about)
        question = f"{noun}: {INPUTS[name].question}" if noun else INPUTS[name].question
        answer = given.value if given else "nobody judged it yet"
        self.steps.append(Step(step, question, answer, given, name, about))
        if given is None:
            asked = Missing(step, name, of, about, noun)
            if asked not in self.missing:
                self.missing.append(asked)
        return given
