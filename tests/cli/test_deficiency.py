"""`twofold deficiency`: a deficiency from its evidence to the memo, and the sign-off that waits for it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Call, write_export

ID = "sox-fy2026/OP-02"
REASON = ("--reason", "as the memo of July says")
REGISTER = """\
id,kind,name,system,account,assertion,owner,valid_from,valid_to
RPT-1,key_report,Revenue report,product,Revenue,completeness,p-0002,,
CC-1,compensating_control,Monthly margin review,product,Revenue,,p-0002,,
"""
TESTS = """\
id,reliance,first_on,last_on,result,method,tested_by,tested_on,note
RT-1,RPT-1,2026-01-01,2026-06-30,{result},,p-0002,2026-07-01,workpaper 12
RT-2,CC-1,2026-01-01,2026-06-30,effective,,p-0002,2026-07-01,
"""
FAILED = {
    "J_caused_by_itgc RPT-1": "yes",
    "J_reasonably_possible RPT-1": "yes",
    "J_max_exposure RPT-1": "2000000 USD",
    "J_precision CC-1": "150000 USD",
    "J_merits_attention RPT-1": "yes",
}
CALM = {"J_prudent_official": "satisfied", "J_indicator": "none", "J_uncorrected": "no"}
Judge = Callable[..., None]


@pytest.fixture
def judge(call: Call, judged: Path) -> Judge:
    """Give judgements of a subject; a key is `NAME` or `NAME about`."""

    def give(answers: dict[str, str], subject: str = ID) -> None:
        for key, value in answers.items():
            name, _, about = key.partition(" ")
            said = call(
                *("deficiency", "judge", subject, "--input", name, "--value", value, "--about", about),
                *(*REASON, "-w", judged),
            )
            assert said.code == 0, said.err

    return give


def hand_in(call: Call, root: Path, result: str) -> None:
    register, tests = root.parent / "reliance.csv", root.parent / "tests.csv"
    register.write_text(REGISTER, encoding="utf-8")
    tests.write_text(TESTS.format(result=result), encoding="utf-8")
    said = call("deficiency", "reliance", register, "--tests", tests, "-w", root)
    assert said.code == 0, said.err


def test_a_deficiency_from_evidence_to_memo(call: Call, judged: Path, judge: Judge, tmp_path: Path) -> None:
    (first,) = json.loads(call("deficiency", "list", "--json", "-w", judged).out)
    assert (first["id"], first["class"], first["high"]) == (ID, "unresolved", "material weakness")
    sign = ("sign-off", "sox-fy2026", "--role", "preparer", *REASON, "-w", judged)
    refused = call(*sign, "--conclusion", "effective")
    assert refused.code == 2
    assert f"the class of {ID} is unresolved" in refused.err
    assert "re-perform the logic" in refused.err
    assert "Revenue report: not validated for 2026-04-02 to 2026-06-30" in refused.err

    hand_in(call, judged, "not_effective")
    judge({"J_materiality": "1000000 USD"}, "sox-fy2026")
    judge({**FAILED, **CALM})

    shown = " ".join(call("deficiency", "show", ID, "-w", judged).out.split())
    assert f"{ID} Incident response: significant deficiency" in shown
    assert "yes, from 2,000,000 USD to 150,000 USD" in shown
    assert "J_max_exposure, p-0001, " in shown
    assert "as the memo of July says" in shown
    assert call(*sign, "--conclusion", "not_effective").code == 0

    files = [tmp_path / name for name in ("memo.pdf", "memo.csv", "memo.md")]
    call("deficiency", "memo", "sox-fy2026", "--pdf", files[0], "--csv", files[1], "--markdown", files[2], "-w", judged)
    assert files[0].read_bytes().startswith(b"%PDF")
    assert f"{ID},deficiency,significant deficiency" in files[1].read_text()
    memo = files[2].read_text()
    assert "the audit committee and management, in writing" in memo
    assert "open as of 2026-06-30" in memo
    assert "Not an audit opinion" in memo
    assert "since it is worth the attention of those who oversee reporting; it is open as of 2026-06-30." in memo


def test_a_material_weakness_cannot_be_signed_as_effective(call: Call, judged: Path, judge: Judge) -> None:
    hand_in(call, judged, "not_effective")
    judge({"J_materiality": "100000 USD"}, "sox-fy2026")
    judge({**FAILED, **CALM})
    sign = ("sign-off", "sox-fy2026", "--role", "preparer", *REASON, "-w", judged, "--conclusion")

    refused = call(*sign, "effective")
    assert refused.code == 2
    assert "is a material weakness that is open at year end" in refused.err
    assert call(*sign, "not_effective").code == 0


def test_not_concluded_can_always_be_signed(call: Call, judged: Path) -> None:
    said = call(
        *("sign-off", "sox-fy2026", "--role", "preparer", "--conclusion", "not_concluded"), *REASON, "-w", judged
    )
    assert said.code == 0, said.err


def test_the_newest_judgement_counts_and_the_older_ones_stay(call: Call, judged: Path, judge: Judge) -> None:
    hand_in(call, judged, "effective")
    judge({**CALM, "J_uncorrected": "yes"})
    assert _class(call, judged) == "significant deficiency"

    judge({"J_uncorrected": "no"})

    assert _class(call, judged) == "deficiency"
    assert call("fsck", "-w", judged).code == 0


def _class(call: Call, root: Path) -> str:
    found: str = json.loads(call("deficiency", "show", ID, "--json", "-w", root).out)["class"]
    return found


def test_a_file_of_judgements_counts_as_well(call: Call, judged: Path) -> None:
    hand_in(call, judged, "effective")
    file = judged.parent / "judgements.csv"
    rows = [f"{ID},{name},,{value},a reason,p-0002,2026-07-12T08:00:00Z" for name, value in CALM.items()]
    refused = [
        f"{ID},J_rebuttal,restatement,yes,a reason,p-0009,2026-07-12T08:00:00Z",
        f"{ID},J_design,,perhaps,a reason,p-0009,2026-07-12T08:00:00Z",
        "sox-fy2026,J_tolerable_rate,,50,a reason,p-0009,2020-01-01T08:00:00Z",
        f"{ID},J_uncorrected,,yes,a reason,p-0009,2099-07-12T08:00:00Z",
    ]
    head = "subject,judgement,about,value,reason,given_by,given_at"
    file.write_text("\n".join([head, *rows, *refused]) + "\n", encoding="utf-8")
    told = ("--query", "handed in", "--run-by", "p-0001", "--run-at", "2026-07-12T09:00:00Z")
    said = call("capture", file, "--source", "csvtable", "--kind", "deficiency_judgement", *told, "-w", judged)
    assert said.code == 0, said.err

    shown = json.loads(call("deficiency", "show", ID, "--json", "-w", judged).out)
    assert shown["class"] == "deficiency"
    assert {step["given"]["given_by"] for step in shown["steps"] if step["given"]} == {"p-0002"}
    assert "nobody fixed J_tolerable_rate" in shown["steps"][0]["answer"]


def test_nothing_that_people_judge_makes_a_result_old(call: Call, judged: Path, judge: Judge) -> None:
    before = json.loads(call("status", "--json", "-w", judged).out)["next"]
    hand_in(call, judged, "effective")
    judge(CALM)

    assert json.loads(call("status", "--json", "-w", judged).out)["next"] == before


BAD_REGISTER = "id,kind,name,system\nX,machine,n,prodct\n"
BAD_TESTS = "id,reliance,first_on,last_on,result,tested_by,tested_on\nT,X,2026-02-01,2026-01-01,good,p,soon\n"


def test_a_register_is_read_as_a_whole_or_not_at_all(call: Call, judged_once: Path, tmp_path: Path) -> None:
    register, tests = tmp_path / "r.csv", tmp_path / "t.csv"
    register.write_text(BAD_REGISTER, encoding="utf-8")
    tests.write_text(BAD_TESTS, encoding="utf-8")

    one = call("deficiency", "reliance", register, "-w", judged_once)
    two = call("deficiency", "reliance", "--tests", tests, "-w", judged_once)

    assert (one.code, two.code) == (2, 2)
    for said in (
        "there is no kind 'machine'",
        "there is no system 'prodct'",
        "did you mean 'product'?",
        "r.csv, line 2",
    ):
        assert said in one.err
    for said in ("the register has no 'X'", "last_on is before first_on", "tested_on is 'soon'", "no result 'good'"):
        assert said in two.err


@pytest.mark.parametrize(
    ("subject", "arguments", "message"),
    [
        ("sox-fy2026/OP-2", {}, "did you mean 'sox-fy2026/OP-02'?"),
        (ID, {"--input": "J_materiality"}, "takes no input 'J_materiality'"),
        (ID, {"--input": "J_desing"}, "did you mean 'J_design'?"),
        (ID, {"--value": "perhaps"}, "'perhaps' is no answer"),
        (ID, {"--reason": " "}, "no reason is given"),
        (ID, {"--about": "RPT-1"}, "speaks of sox-fy2026/OP-02 itself"),
        (ID, {"--input": "J_max_exposure", "--value": "5 USD"}, "it does not say of what"),
        (ID, {"--input": "J_max_exposure", "--value": "5 USD", "--about": "x"}, "one of Revenue report"),
        (ID, {"--input": "J_max_exposure", "--value": "5", "--about": "Revenue report"}, "no amount with a currency"),
        (ID, {"--input": "J_precision", "--value": "5 USD"}, "something of the register of reliance"),
        (ID, {"--input": "J_rebuttal", "--about": "weather"}, "prudent_official, senior_management_fraud"),
        (ID, {"--input": "J_same_objective", "--value": "XX-01"}, "there is no control 'XX-01' to name"),
        (ID, {"--input": "J_indicator", "--value": "bad weather"}, "there is no indicator 'bad weather'"),
        ("sox-fy2026", {"--input": "J_tolerable_rate", "--value": "5"}, "was judged on"),
        ("soc2-2026", {"--input": "J_materiality", "--value": "5 USD"}, "there is no 'soc2-2026'"),
    ],
    ids=range(15),
)
def test_refusals(call: Call, judged_once: Path, subject: str, arguments: dict[str, str], message: str) -> None:
    given = {"--input": "J_design", "--value": "no", "--reason": "a reason", **arguments}
    said = call("deficiency", "judge", subject, *(part for pair in given.items() for part in pair), "-w", judged_once)

    assert (said.code, said.out) == (2, "")
    assert message in " ".join(said.err.split())


def test_who_has_a_part_in_the_control_judges_under_no_other_name(
    call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (judged / "scope" / "controls.yaml").write_text("controls: [{id: OP-02, owner: p-0001}]\n", encoding="utf-8")
    assert call("scope", "apply", "--reason", "who does what", "-w", judged).code == 0
    for name in ("p-0001", "okta:ana"):
        monkeypatch.setenv("TWOFOLD_ACTOR", name)
        said = call("deficiency", "judge", ID, "--input", "J_design", "--value", "no", *REASON, "-w", judged)
        assert (said.code, f"p-0001 has a part in a control of {ID}" in said.err) == (2, True), said.err


CALLS = {
    "list": (),
    "show": (ID,),
    "judge": (ID, "--input", "J_uncorrected", "--value", "no", *REASON),
    "groups": (),
    "reliance": (),
    "memo": ("sox-fy2026",),
}


def test_json_has_the_documented_keys_and_nothing_beside(call: Call, judged: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "use-the-json-output.md").read_text(encoding="utf-8")
    hand_in(call, judged, "effective")
    for name, arguments in CALLS.items():
        value = json.loads(call("deficiency", name, *arguments, "--json", "-w", judged).out)
        first = next(iter(value), {}) if isinstance(value, list) else value
        section = page.split(f"## deficiency {name}\n", 1)[1].split("\n## ", 1)[0]
        if name == "show":
            section += page.split("## deficiency list\n", 1)[1].split("\n## ", 1)[0]
        assert [key for key in first if f"`{key}`" not in section] == [], name


def test_a_tolerable_rate_is_fixed_before_the_first_judgement(call: Call, applied: Path) -> None:
    given = ("deficiency", "judge", "sox-fy2026", "--input", "J_tolerable_rate", "--value", "40", *REASON)
    assert call(*given, "-w", applied).code == 0

    assert call("capture", write_export(applied.parent / "exports"), "-w", applied).code == 0
    call("test", "T-19", "-w", applied)
    call("judge", "-w", applied)

    step = json.loads(call("deficiency", "show", ID, "--json", "-w", applied).out)["steps"][0]
    assert "40% is tolerable (J_tolerable_rate, fixed before testing)" in step["answer"]
    assert step["given"]["given_by"] == "p-0001"


def test_every_sample_that_was_evaluated_stays(call: Call, applied: Path) -> None:
    given = ("deficiency", "judge", "sox-fy2026", "--input", "J_tolerable_rate", "--value", "60", *REASON)
    assert call(*given, "-w", applied).code == 0
    call("capture", write_export(applied.parent / "exports"), "-w", applied)
    call("test", "T-19", "-w", applied)
    call("judge", "-w", applied)
    names = []
    for days in (("--to", "2026-03-31"), ("--from", "2026-04-01"), ()):
        about = ("sox-fy2026", "OP-02", "--control-test", "T-19", "--size", "1", *days)
        names.append(call("sample", "freeze", *about, "-w", applied).out.split()[0])
        call("sample", "draw", names[-1], "--nonce", f"dice for {names[-1]}", "-w", applied)
        rates = ("--confidence", "50", "--tolerable", "60", "--expected", "0")
        assert call("sample", "evaluate", names[-1], *rates, "-w", applied).code == 0
    agreed = ("--size", "1", "--extension", "1", "--with", "R. Auditor", "--reason", "afterwards")
    call("sample", "agree", "sox-fy2026", "OP-02", *agreed, "-w", applied)
    capture = json.loads(call("log", "show", "--kind", "capture", "--json", "-w", applied).out)[0]["index"]
    shows = ("--units", "1", "--reason", "isolated", "--evidence", f"ev-{capture}")
    small = ("--confidence", "95", "--tolerable", "60", "--expected", "0")
    assert call("sample", "evaluate", names[2], *small, "-w", applied).code == 0
    assert call("sample", "extend", names[2], *shows, "-w", applied).code == 0

    steps = json.loads(call("deficiency", "show", ID, "--json", "-w", applied).out)["steps"]
    doubts = [each["answer"] for each in steps if each["asked"] == f"What is to be asked about the sample {names[2]}?"]
    assert [each.partition(";")[0] for each in doubts] == ["This population was frozen 3 times before the nonce"]
    of_samples = [each for each in steps if each["step"] == "0.4"]
    told = [each["answer"] for each in of_samples if not each["asked"].startswith("What is to be asked")]
    assert [name for name in names if not any(name in each for each in told)] == []
    assert "not known" in told[2], "it was extended and not evaluated since"
    beyond = [each for each in told[:2] if each.startswith("yes")]
    assert [each for each in beyond if "its plan allows no extension" not in each] == []
    assert len(beyond) == 1, "one of the two incidents deviates"

    void = ("INC-2", "--because", "void", "--reason", "only an exercise")
    assert call("sample", "replace", names[2], *void, "-w", applied).code == 0
    assert call("sample", "evaluate", names[2], *small, "-w", applied).code == 0
    steps = json.loads(call("deficiency", "show", ID, "--json", "-w", applied).out)["steps"]
    both = f"{names[2]}: 0 of 1 units deviate, 0 are planned; 1 of 2 with the units that were replaced and deviate"
    assert any(each["answer"] == f"yes, and it was extended already. {both}" for each in steps)


def test_what_is_not_there_is_said(call: Call, judged_once: Path, applied_once: Path) -> None:
    assert "there is no 'x'" in call("deficiency", "show", "x", "-w", judged_once).err
    assert "no SOX engagement 'x'" in call("deficiency", "list", "--engagement", "x", "-w", judged_once).err
    assert "no SOX engagement 'soc2-2026'" in call("deficiency", "memo", "soc2-2026", "-w", judged_once).err
    assert call("deficiency", "list", "-w", applied_once).out.startswith("Deficiency")
    assert "0 groups" in call("deficiency", "groups", "-w", judged_once).out
    assert "0 entries" in call("deficiency", "reliance", "-w", judged_once).out
