from twofold.tables.commit_message import Signature, coauthors, git_account, reviewers, ticket_keys

ANA = Signature("Ana", "ana@example.com")
KEYS = r"\b[A-Z][A-Z0-9_]+-[1-9][0-9]*\b"


def test_reviewers_stand_in_the_last_paragraph() -> None:
    assert reviewers("fix\r\n\r\nREVIEWED-BY: Ana <ANA@example.com>\r\n") == [ANA]
    assert reviewers("fix\n\nReviewed-by: Ana <ana@example.com>\n\nnot a trailer any more") == []
    assert reviewers("I was Reviewed-by: Ana <ana@example.com>") == []


def test_coauthors_count_wherever_they_stand_and_once() -> None:
    message = (
        "a\n\nCo-authored-by: Ana <ana@example.com>\n\nb\n\nCo-Authored-By: Ana <ana@example.com>\nCo-authored-by:"
    )
    assert coauthors(message) == [ANA]


def test_a_person_without_an_e_mail_keeps_the_name() -> None:
    assert [git_account(person) for person in coauthors("Co-authored-by: Ben")] == ["git:Ben"]
    assert git_account(Signature("", "")) == ""


def test_ticket_keys_are_listed_once_and_sorted() -> None:
    assert ticket_keys(KEYS, "PAY-7 and PAY-10, PAY-7", "feature/AB_C-3") == ["AB_C-3", "PAY-10", "PAY-7"]
    assert ticket_keys(KEYS, "pay-7 PAY-0 PAY-") == []
