from twofold.model.problem import Problem, UserError


def test_a_problem_says_where_what_and_what_next() -> None:
    problem = Problem("a.csv:3", "no such zone 'Mars/Base'", "an IANA zone", "correct the column zone")
    assert str(problem) == (
        "a.csv:3: no such zone 'Mars/Base'\n  expected: an IANA zone\n  next:     correct the column zone"
    )
    assert str(Problem("a.csv", "the file is empty")) == "a.csv: the file is empty"


def test_an_error_carries_all_problems_in_their_order() -> None:
    problems = [Problem("b", "two"), Problem("a", "one")]
    assert UserError(problems).problems == tuple(problems)
    assert str(UserError(problems)) == "b: two\na: one"
    assert UserError(problems[0]).problems == (problems[0],)
