"""What programs read and tell of people, roster, policies, vendors and training."""

from collections.abc import Callable

import pytest

from .conftest import Program
from .test_programme import ana, programme, shown, told_once  # noqa: F401  fixtures: one workspace for both

Make = Callable[..., Program]


@pytest.mark.usefixtures("shown")
def test_people_are_personal_by_right(program: Make) -> None:
    one, viewer, owner = program("compliance"), program("viewer"), program("owner")
    people = {each["id"]: each for each in one.get("/people").json()["items"]}
    assert people["p-0001"]["unit"] == "Finance"
    assert people["p-0002"]["works_to"].startswith("2026-05-01")
    hidden = {each["id"]: each for each in viewer.get("/people").json()["items"]}
    assert (hidden["p-0001"]["role"], hidden["p-0001"]["unit"]) == ("Controller", None)
    assert viewer.get("/people/p-0001").json()["personal"] is None
    assert owner.get("/people/p-0002").json()["personal"]["jobs"][0]["role"] == "Engineer", "one's own"
    whole = one.get("/people/p-0001").json()
    assert whole["personal"]["trainings"][0]["course"] == "Security"
    assert any(each["evidence"].startswith("ev-") for each in whole["personal"]["history"])
    assert one.get("/people/nobody").status_code == 404
    narrow = program("compliance", "see_programme", "see_overview")
    assert narrow.get("/people/p-0002").json()["personal"] is None, "the token lacks the right, though its role has it"
    assert "person" not in {each["kind"] for each in narrow.get("/search?q=ana").json()}
    assert viewer.get("/training/people").status_code == 403
    assert {each["person"] for each in one.get("/training/people").json()["items"]} >= {"p-0001"}
    assert one.get("/training").json()["courses"][0]["course"] == "Security"
    assert one.get("/training/course?name=Security").json()["items"][0]["person"] == "p-0001"
    assert viewer.get("/training/course?name=Security").json()["items"] == []
    assert one.get("/training/course?name=None").status_code == 404
    lines = one.get("/roster").json()["items"]
    assert lines
    assert one.get("/roster/beside").status_code == 200
    on = f"/roster/on-day?system={lines[0]['scope']}&duty={lines[0]['duty']}"
    assert one.get(f"{on}&on=2026-06-01").status_code == 200
    assert one.get(f"{on}&on=never").status_code == 422


@pytest.mark.usefixtures("programme")
def test_policies_are_read_and_signed_by_oneself(program: Make) -> None:
    one, owner = program("compliance"), program("owner")
    (policy,) = one.get("/policies").json()["items"]
    assert (policy["id"], policy["version"], policy["promises"]) == ("access", "1", 1)
    whole = one.get("/policies/access").json()
    assert whole["numbers"][0]["practice"]["text"]
    assert whole["versions"][0]["version"] == "1"
    assert [each["person"] for each in one.get("/policies/access/unsigned").json()["items"]] == ["p-0001"]
    assert owner.get("/policies/access/unsigned").status_code == 403
    assert program("executive").post("/policies/access/sign", {"version": "1"}).status_code == 403, "nobody's"
    assert owner.post("/policies/access/sign", {"version": "0"}).status_code == 422
    assert owner.post("/policies/none/sign", {"version": "1"}).status_code == 404
    assert owner.post("/policies/access/sign", {"version": "1"}).json()["evidence"].startswith("ev-")
    assert owner.post("/policies/access/sign", {"version": "1"}).status_code == 422, "once"


@pytest.mark.usefixtures("programme")
def test_vendors_are_read_and_rows_are_told(program: Make) -> None:
    one, owner = program("compliance"), program("owner")
    found = {each["id"]: each for each in one.get("/vendors").json()["items"]}
    assert found["paylane"]["unmapped"] == 1
    assert found["paylane"]["covers"][0]["days"] > 0
    assert one.get("/vendors/paylane").json()["letters"][0]["id"] == "b-1"
    assert one.get("/vendors?tier=low").json()["items"][0]["id"] == "cumulus"
    assert one.get("/vendors/none").status_code == 404
    tables = {each["table"]: each for each in one.get("/tellable").json()}
    assert tables["vendor_issue"]["makes_id"]
    assert one.get("/tellable/sign_in").status_code == 404
    row = {"vendor": "paylane", "raised_at": "2026-06-01", "what": "late"}
    columns = {each["name"] for each in tables["vendor_issue"]["columns"]}
    told_row = {name: value for name, value in row.items() if name in columns}
    assert owner.post("/tellable/vendor_issue/rows", {"row": told_row}).status_code == 403
    assert one.post("/tellable/vendor_issue/rows", {"row": {**told_row, "nothing": "x"}}).status_code == 422
    done = one.post("/tellable/vendor_issue/rows", {"row": told_row}, **{"idempotency-key": "issue-1"})
    assert done.status_code == 201, done.content
    assert one.get("/vendors/paylane").json()["issues"]
    known = one.post("/tellable/cuec/known", {"row": {"report": "r-1", "id": "C1"}})
    assert (known.status_code, known.json()["row"]["report"]) == (200, "r-1")
    change = {**known.json()["row"], "own_control": "AC-01"}
    assert one.post("/tellable/cuec/rows", {"row": change}).status_code == 422, "a change needs a reason"
    assert one.post("/tellable/cuec/rows", {"row": change, "because": "mapped"}).json()["changed"]
