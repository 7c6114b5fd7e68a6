"""The pictures of docs/screens.md: which page each shows, and why some pages have none.

`{welcome}`, `{what_if}`, `{key}` and `{sample}` in an address stand for what `screenshots_people.py` made or found.
"""

from dataclasses import dataclass

ITEM = "brightwater/ledger/deployments/22000726/brightwater/ledger%23451"
FINDING = "/findings/AC-01/T-01/A/no_request/"


@dataclass(frozen=True, slots=True)
class Screen:
    """One picture: file name without ending, address, one sentence; who looks, how wide, and whether it is dark.

    account: a name of `screenshots_people.py`, or nobody.
    """

    name: str
    path: str
    caption: str
    account: str = "manager"
    width: int = 1280
    dark: bool = False


def chapter(title: str, *screens: Screen) -> tuple[str, tuple[Screen, ...]]:
    """Return screens with their heading."""
    return title, screens


def narrow(name: str, path: str, caption: str) -> Screen:
    """Return a picture as wide as a phone."""
    return Screen(name, path, caption, width=420)


def dark(name: str, path: str, caption: str) -> Screen:
    """Return a picture in dark colours."""
    return Screen(name, path, caption, dark=True)


CHAPTERS = (
    chapter(
        "Overview",
        Screen(
            "overview", "/", "Both clocks, what to do next by effect, what is yours this month, and sources to look at."
        ),
        Screen(
            "coverage", "/#coverage", "Items of each control by week, with empty weeks while they can still be closed."
        ),
        dark("overview-dark", "/", "The overview in dark colours."),
        narrow("overview-narrow", "/", "The overview on a phone."),
    ),
    chapter(
        "Systems and scope",
        Screen("systems", "/systems/", "Systems with their dated labels, owners, sources, and items under each lens."),
        Screen(
            "system",
            "/systems/analytics/",
            "One system: labels and why, control tests that have items of it, its history.",
        ),
        Screen(
            "scope-propose",
            "/systems/analytics/change",
            "A change of scope is proposed, and is planned before it counts.",
        ),
        Screen(
            "scope-change",
            "/scope/changes/1/",
            "The plan of a change: what it moves, what to look at, and who decides.",
        ),
        Screen("scope-changes", "/scope/changes/", "Changes of scope that wait, and those that were decided."),
        Screen(
            "scope-systems",
            "/scope/changes/systems?system=billing&system=portal",
            "Several systems are changed at once, as one proposal.",
        ),
        Screen(
            "scope-controls",
            "/scope/changes/controls?control=CM-01&control=CM-02",
            "Several controls get other people, as one proposal.",
        ),
        Screen("scope-add", "/scope/changes/add", "A new system is proposed with its labels, owner and sources."),
        Screen("scope-history", "/scope/history/", "Every change of scope that was applied, with reason and approver."),
        Screen("scope-entry", "/scope/history/7/", "One change that was applied, as it stands in the log."),
    ),
    chapter(
        "Controls",
        Screen(
            "controls", "/controls/", "Controls with what each lens proposes, filters that are kept, and bulk edit."
        ),
        Screen(
            "control",
            "/controls/CM-01/",
            "One control: its wording, why one piece of evidence serves two audits, results, people.",
        ),
        narrow("control-narrow", "/controls/CM-01/", "A control on a phone."),
    ),
    chapter(
        "Evidence",
        Screen("evidence", "/evidence/", "Evidence by framework, system, owner, period, source and state."),
        Screen(
            "evidence-one",
            "/evidence/ev-12/",
            "One piece: three questions first, then controls that it serves, provenance and proof.",
        ),
        Screen("upload", "/evidence/upload", "Files are dropped, described once, and captured byte for byte."),
    ),
    chapter(
        "Test results",
        Screen("results", "/results/", "Each control test with its newest run and what came of it."),
        Screen(
            "result", "/results/T-10/", "One control test: population, both conclusions, attributes and what came up."
        ),
        dark("result-dark", "/results/T-10/", "A control test in dark colours."),
        Screen(
            "grid",
            "/results/T-10/?lens=soc2-2026&verdict=EXCEPTION#items",
            "Items and their attributes, here those with an exception.",
        ),
        Screen("item", f"/results/T-10/item?id={ITEM}", "One item: both verdicts, and what happened as a timeline."),
        dark("item-dark", f"/results/T-10/item?id={ITEM}", "The timeline of an item in dark colours."),
        Screen(
            "rule",
            "/results/T-10/rule?letter=A&code=exception:no_ticket#clause",
            "The rule as it ran, with the clause of an attribute marked.",
        ),
        Screen("completeness", "/completeness/", "Populations, their checks, and who concluded that each is complete."),
        Screen(
            "completeness-one",
            "/completeness/change_item/",
            "One completeness record: checks, what was asked verbatim, and the conclusion.",
        ),
        Screen("samples", "/samples/", "Samples: where each stands, what it supports, and what is left to be asked."),
        Screen(
            "sample",
            "/samples/{sample}/",
            "One sample: both limits, frozen population, plan and nonce, and each unit with its verdict.",
        ),
        Screen(
            "result-difference",
            "/results/T-10/difference",
            "What changed since the run before: items, outcomes, and what the run read.",
        ),
        Screen("renewal", "/results/renewal", "Control tests run and are judged again in the background."),
        narrow("grid-narrow", "/results/T-10/?lens=soc2-2026&verdict=EXCEPTION#items", "Items on a phone."),
    ),
    chapter(
        "Access reviews",
        Screen("reviews", "/reviews/", "Reviews of access, newest first."),
        Screen(
            "review",
            "/reviews/ledger-2026q3/",
            "One review: pairs of account and right with last use, peers and decision.",
        ),
        Screen("review-difference", "/reviews/ledger-2026q3/difference", "Access of a system then and now."),
        Screen("review-record", "/reviews/ledger-2026q3/record", "The completion record of a review, for both audits."),
    ),
    chapter(
        "Findings and work",
        Screen("findings", "/findings/", "Findings with stage, owner and day."),
        Screen(
            "findings-board",
            "/findings/board",
            "The same as a board; a finding moves by what people say and by a later run.",
        ),
        dark("findings-board-dark", "/findings/board", "The board in dark colours."),
        Screen("finding", FINDING, "One finding: what was found, its answer, repair and retest, under each lens."),
        Screen(
            "finding-answer",
            "/findings/answer?id=CM-01/T-10/A/no_ticket",
            "A finding is answered: cause, response, who and until when.",
        ),
        narrow("findings-narrow", "/findings/", "Findings on a phone: each row is a small card."),
        Screen("deficiencies", "/deficiencies/", "SOX deficiencies in two sentences each, with class and year end."),
        Screen(
            "deficiency",
            "/deficiencies/sox-fy2026/AC-02/",
            "One deficiency: how its class came about, and who judged what and why.",
        ),
        dark("deficiency-dark", "/deficiencies/sox-fy2026/CM-05/", "One that waits for judgements, in dark colours."),
        Screen(
            "deficiency-group",
            "/deficiencies/group?id=sox-fy2026/group/system/ledger",
            "Deficiencies of one system, looked at together.",
        ),
        narrow("deficiencies-narrow", "/deficiencies/", "Deficiencies on a phone."),
        Screen("calendar", "/calendar/", "What is due, by day."),
        Screen("my-work", "/inbox/", "What waits for the person who looks, the overdue first."),
        narrow("my-work-narrow", "/inbox/", "My work on a phone."),
        Screen(
            "notices", "/inbox/notices", "By which ways notices reach a person, and the address of the calendar feed."
        ),
        Screen("requests", "/requests/", "What auditors ask, of whom, until when, and what was answered."),
        Screen(
            "request-lists",
            "/request-lists/",
            "Request lists of two auditors, merged so that each thing is asked once.",
        ),
        Screen(
            "request-list-import",
            "/request-lists/take-in",
            "The request list of an auditor is taken in, whatever its columns are called.",
        ),
        Screen("request-lists-merged", "/request-lists/merged", "Both lists as one: each thing is asked once."),
    ),
    chapter(
        "Company",
        Screen("people", "/people/", "People of the roster, with joiners and leavers."),
        Screen(
            "person",
            "/people/p-0005/",
            "One person: access, training, policies, and controls that they have a part in.",
        ),
        Screen("roster", "/roster/", "Who may approve what, from when to when."),
        Screen("policies", "/policies/", "Policies with version, approval and acknowledgement."),
        Screen("policy", "/policies/access/", "One policy: versions, structured promises, and who still has to sign."),
        Screen("vendors", "/vendors/", "Vendors with their SOC reports and reviews."),
        Screen(
            "vendor",
            "/vendors/cumulus/",
            "One vendor: report, exceptions, complementary controls, gap and bridge letter.",
        ),
        Screen("training", "/training/", "Who completed which course, and who is late."),
        Screen(
            "course", "/training/course?name=Security%20awareness", "One course: who completed it, and how it counts."
        ),
        Screen(
            "tell",
            "/tell/vendor_review/?vendor=cumulus",
            "A fact that no export holds is told, and captured as evidence with a name.",
        ),
        narrow("people-narrow", "/people/", "People on a phone."),
    ),
    chapter(
        "Before an audit",
        Screen("prepare", "/prepare/", "Questions that come before an audit, and where each stands."),
        Screen("interview", "/prepare/interview", "The interview: one question at a time."),
        Screen("stage", "/prepare/stage", "At which stage a company is, and what that asks of it."),
        Screen("categories", "/prepare/categories", "Which categories of SOC 2 belong into the report, and why."),
        Screen("window", "/prepare/window", "How long the first period should be, and when it should end."),
        Screen(
            "anti-patterns", "/prepare/anti-patterns", "Habits that make an audit fail, looked for in the evidence."
        ),
        Screen("readiness", "/prepare/readiness", "How ready the company is, and what keeps it from being so."),
        Screen("soc2-and-sox", "/prepare/soc2-and-sox", "What SOC 2 and SOX ask in common, and where they part."),
        Screen("cost", "/prepare/cost", "Hours and money of an audit, with where each number comes from."),
        Screen("what-if", "/prepare/what-if", "What a change would bring, asked of a copy of the workspace."),
        Screen(
            "what-if-run",
            "/prepare/what-if/{what_if}/",
            "The answer: what a change of scope would add, take away and cost.",
        ),
        Screen("auditors", "/prepare/auditors/", "Proposals of auditors side by side."),
        Screen(
            "auditor-brief", "/prepare/auditors/brief", "The brief that every auditor gets: scope, numbers and dates."
        ),
        Screen("auditor-questions", "/prepare/auditors/questions", "Questions to ask an auditor before signing."),
        Screen("trust-page", "/prepare/trust-page/", "Claims of the public trust page, each with what it rests on."),
        Screen("trust-page-preview", "/prepare/trust-page/preview/", "The public page as a buyer will see it."),
        Screen(
            "trust-claim", "/prepare/trust-page/claim?claim=mfa", "One claim is written, and names what it rests on."
        ),
        Screen("buyer-reply", "/prepare/reply/", "A reply to a buyer who asks whether there is a report."),
        Screen("questionnaires", "/questionnaires/", "Customers' questionnaires and how far each is."),
        Screen(
            "questionnaire",
            "/questionnaires/globex-2026/",
            "One questionnaire: each question with its drafted answer and evidence.",
        ),
        Screen(
            "question",
            "/questionnaires/globex-2026/questions/q-001/",
            "One question: its draft, what it rests on, and who approves it.",
        ),
        Screen(
            "questionnaire-import",
            "/take-in-questionnaire",
            "The file of a customer is taken in; its questions become rows.",
        ),
        Screen("my-questions", "/my-questions/", "Questions that were assigned to the person who looks."),
        Screen(
            "answer-library", "/answer-library/", "Approved answers, each with an owner and a day on which it ends."
        ),
        Screen(
            "answer-keep",
            "/answer-library/keep?answer=backup",
            "An answer is written anew; the one before stays in the log.",
        ),
    ),
    chapter(
        "Search, help and administration",
        Screen("search", "/search?q=CM-01", "Search over all of it; / or Ctrl+K opens the palette anywhere."),
        Screen("glossary", "/glossary/", "Every word of the site, explained."),
        Screen(
            "accounts",
            "/administration/accounts/",
            "Accounts, invitations, and who may do what.",
            account="administrator",
        ),
        Screen(
            "sign-on",
            "/administration/sign-on/",
            "Single sign-on and provisioning from the company's directory.",
            account="administrator",
        ),
        Screen(
            "sign-on-add", "/administration/sign-on/add/saml", "An identity provider is added.", account="administrator"
        ),
        Screen(
            "sign-on-provider",
            "/administration/sign-on/provider/okta/",
            "One identity provider, and how people come in through it.",
            account="administrator",
        ),
        Screen(
            "account-log",
            "/administration/log/",
            "What happened with accounts: entries of the workspace's log.",
            account="administrator",
        ),
        Screen("security", "/account/2fa/", "Second factors of an account.", account="administrator"),
        Screen(
            "authenticator-app", "/account/2fa/totp/activate/", "An authenticator app is set up.", account="newcomer"
        ),
        Screen(
            "first-factor",
            "/account/2fa/",
            "An administrator without a second factor gets nothing else.",
            account="newcomer",
        ),
        Screen(
            "authenticator-app-off",
            "/account/2fa/totp/deactivate/",
            "The app is turned off only after a warning.",
            account="administrator",
        ),
        Screen(
            "recovery-codes",
            "/account/2fa/recovery-codes/",
            "Recovery codes, to be kept apart.",
            account="administrator",
        ),
        Screen(
            "recovery-codes-new",
            "/account/2fa/recovery-codes/generate/",
            "New codes end the old ones.",
            account="administrator",
        ),
        Screen("keys", "/account/2fa/webauthn/", "Passkeys and security keys of an account.", account="administrator"),
        Screen("key-add", "/account/2fa/webauthn/add/", "A passkey is added."),
        Screen(
            "key-edit", "/account/2fa/webauthn/keys/{key}/edit/", "A key gets another name.", account="administrator"
        ),
        Screen("key-remove", "/account/2fa/webauthn/keys/{key}/remove/", "A key is removed.", account="administrator"),
        Screen("password", "/account/password/change/", "The password is changed."),
        Screen("sessions", "/account/sessions/", "Where the account is signed in, and how to end the others."),
        Screen("tokens", "/tokens/", "Tokens of programs, with the rights of each and the day on which it ends."),
    ),
    chapter(
        "The way in",
        Screen("welcome", "/welcome/{welcome}/", "An invitation is accepted: its link works once.", account="nobody"),
        Screen("sign-in", "/account/login/", "The way in.", account="nobody"),
        Screen("sign-in-factor", "/account/2fa/authenticate/", "The second factor at sign-in.", account="halfway"),
        Screen("confirm", "/account/reauthenticate/", "Before a factor changes, the person confirms who they are."),
        Screen("confirm-code", "/account/2fa/reauthenticate/", "The same with a code."),
        Screen("sign-out", "/account/logout/", "The way out."),
    ),
)

_FILE = "it is a file, no page"
_MACHINE = "a program reads it, nobody looks at it"
_REDIRECT = "it leads on to another page at once"
NO_SCREEN = {
    **dict.fromkeys(("scope_memo", "scope_change_memo", "evidence_bytes", "evidence_image", "calendar_feed"), _FILE),
    **dict.fromkeys(("auditor_template", "request_lists_file", "mfa_download_recovery_codes"), _FILE),
    **dict.fromkeys(("deficiency_memo", "sample_file"), _FILE),
    **dict.fromkeys(("search_suggest", "alive", "evidence_entry", "trust_page_preview_claims"), _MACHINE),
    **dict.fromkeys(("sign_on_start", "sign_on_callback", "sign_on_finish", "sign_on_metadata"), _REDIRECT),
    "mfa_login_webauthn": _REDIRECT,
    "mfa_reauthenticate_webauthn": "the picture `confirm-code` with a key instead of the code",
    "prepare_readiness_page": "it stands inside the picture `readiness`",
    "prepare_soc2_and_sox_page": "it stands inside the picture `soc2-and-sox`",
    "prepare_cost_page": "it stands inside the picture `cost`",
    "what_if_memo": "the picture `what-if-run` as a page to print",
}
"""Pages of the site without a picture, and why."""
