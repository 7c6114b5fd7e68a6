"""A client that a generator makes from the description works: a journey with it, and the examples of the how-to."""

import importlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from twofold.records.workspace import Workspace

from ..engagement.questionnaire.sample_files import QUESTIONS, caiq_like
from .conftest import Program
from .test_acts import LINE, UPLOAD

HOW_TO = Path(__file__).parents[2] / "docs" / "howto" / "use-the-api.md"
GENERATOR = Path(sys.executable).with_name("openapi-python-client")
Make = Callable[..., Program]


@pytest.fixture(scope="module")
def generated(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], ModuleType]]:
    """Make a client from the served description; give a function that imports a module of it."""
    from django.test import Client  # noqa: PLC0415

    del site
    if not GENERATOR.exists():
        pytest.skip("openapi-python-client is not installed")
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_bytes(Client().get("/api/v1/openapi.json").content)
    (folder / "generator.yaml").write_text("post_hooks: []\n")
    command = [str(GENERATOR), "generate", "--path", "openapi.json", "--output-path", "twofold_client"]
    command += ["--meta", "none", "--config", "generator.yaml", "--fail-on-warning"]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"twofold_client.{name}")
    sys.path.remove(str(folder))


@pytest.fixture
def client(generated: Callable[[str], ModuleType], program: Make) -> Callable[[str], Any]:
    """Give a function that makes a generated client for a role; it speaks to the site in this process."""
    import httpx  # noqa: PLC0415

    from twofold.web.wsgi import application  # noqa: PLC0415

    def make(role: str) -> Any:
        transport = httpx.WSGITransport(app=application)
        return generated("client").AuthenticatedClient(
            base_url="http://localhost",
            token=program(role).secret,
            raise_on_unexpected_status=True,
            httpx_args={"transport": transport},
        )

    return make


def test_a_journey_with_a_generated_client(
    generated: Callable[[str], ModuleType], client: Callable[[str], Any], site_workspace: Path
) -> None:
    models, types = generated("models"), generated("types")

    def api(name: str) -> ModuleType:
        return generated(f"api.{name}")

    tester, manager, owner = client("tester"), client("compliance"), client("owner")

    listed = api("evidence.list_evidence").sync(client=tester, limit=2)
    assert [type(each).__name__ for each in listed.items] == ["EvidenceOut"] * 2
    rest = tester.get_httpx_client().get(listed.next_).json()
    assert rest["items"][0]["id"] not in {each.id for each in listed.items}

    given = {name: UPLOAD[name] for name in ("source", "kind", "query", "run_by", "owner")}
    file = types.File(payload=BytesIO(LINE + b"\n" * 60), file_name="client.csv", mime_type="text/csv")
    body = models.CaptureEvidenceMultiPartBodyParams.from_dict({**given, "run_at": "2026-07-10T06:00:00Z", "files": []})
    body.files, body.although_alike = [file], True
    (captured,) = api("evidence.capture_evidence").sync(client=tester, body=body, idempotency_key="client-1")
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.evidence(captured.id).name == "client.csv"
    again = api("evidence.capture_evidence").sync(client=tester, body=body, idempotency_key="client-1")
    assert [each.id for each in again] == [captured.id]

    items = api("results.list_items").sync(client=tester, control_test="T-19", letter="G").items
    assert {each.item for each in items} == {"INC-1", "INC-2"}
    said = models.DispositionIn(item="INC-2", kind=models.DispositionKind("data_error"), reason="the tracker was wrong")
    proposal = api("results.propose_disposition").sync(client=tester, control_test="T-19", body=said).proposal
    assert api("results.agree").sync(client=tester, proposal_id=proposal.id).status == 403
    agreed = api("results.agree").sync(client=manager, proposal_id=proposal.id)
    assert (agreed.second_person, agreed.current) == ("compliance@example.com", True)

    asked = api("requests.ask").sync(
        client=manager, body=models.RequestIn(engagement="soc2-2026", text="The incidents", assigned_to="p-0002")
    )
    read = api("requests.request").sync_detailed(client=owner, request_id=asked.id)
    answer = models.RequestAnswerIn(evidence=[captured.id])
    etag = read.headers["etag"]
    done = api("requests.answer_request").sync(client=owner, request_id=asked.id, body=answer, if_match=etag)
    assert (done.state, done.evidence) == ("submitted", [captured.id])
    late = api("requests.answer_request").sync(client=owner, request_id=asked.id, body=answer, if_match=etag)
    assert (late.status, late.title) == (412, "It has changed since")


def test_a_generated_client_proposes_follows_up_and_tells(
    generated: Callable[[str], ModuleType], client: Callable[[str], Any], own_workspace: Path
) -> None:
    """Bodies that are made from the forms of pages, edits of several kinds, and files."""
    models, types = generated("models"), generated("types")

    def api(name: str) -> ModuleType:
        return generated(f"api.{name}")

    assert own_workspace.is_dir()
    manager, second = client("compliance"), client("executive")
    edits = [
        models.SystemChanged(system="product", name="The product"),
        models.SystemAdded(system="billing", layer="application", kind="add"),
    ]
    edits[0].kind = "change"
    proposed = models.ChangeIn(edits=edits, reason="a new product")
    change = api("scope.propose_scope_change").sync(client=manager, body=proposed)
    assert [type(each).__name__ for each in change.edits] == ["SystemChanged", "SystemAdded"]
    seen = models.ApprovalIn(seen=change.seen)
    applied = api("scope.approve_scope_change").sync(client=second, change_id=change.id, body=seen)
    assert (applied.state, applied.decided_by) == ("applied", "executive@example.com")

    due = date(2026, 12, 1)
    answer = models.AnswerFindingIn(cause="A phone was off", response="Two phones", owner="p-0001", due_on=due)
    finding = {"control_id": "OP-02", "control_test": "T-19", "letter": "B", "word": "slow_response"}
    captured = api("findings.answer_finding").sync(client=manager, body=answer, **finding)
    assert captured.evidence.startswith("ev-")
    assert api("findings.follow_up").sync(client=manager, **finding).due_on == due

    file = types.File(payload=BytesIO(caiq_like()), file_name="globex.xlsx", mime_type="application/octet-stream")
    body = models.TakeInQuestionnaireMultiPartBodyParams.from_dict({"audience": "private", "file": b""})
    body.identifier, body.file = "globex-2026", file
    taken = api("questionnaires.take_in_questionnaire").sync(client=manager, body=body)
    assert taken.questionnaire == "globex-2026", taken
    one = api("questionnaires.questionnaire").sync(client=manager, questionnaire_id=taken.questionnaire)
    assert one.counts.additional_properties["questions"] == len(QUESTIONS)


def test_the_examples_of_the_how_to_run(program: Make, untouched_workspace: Path, tmp_path: Path) -> None:
    """Each call of curl that the how-to shows is made here, in its order."""
    one = program("compliance")
    with Workspace.open(untouched_workspace) as workspace:
        evidence = next(workspace.vault.each_evidence()).evidence_id
    asked = one.post("/requests", {"engagement": "soc2-2026", "text": "x", "assigned_to": "p-0002"}).json()["id"]
    (tmp_path / "incidents.csv").write_bytes(LINE + b"\n" * 80)
    calls = re.findall(r"^    curl (?:.*\\\n)*.*$", HOW_TO.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(calls) >= 12
    for call in calls:
        words = _words(call.replace("rq-57", asked).replace("ev-12", evidence))
        path = next(word for word in words if word.startswith("http")).partition("/api/v1")[2]
        headers = {name.lower(): value for name, _, value in (word.partition(": ") for word in _after(words, "-H"))}
        headers.pop("authorization")
        if form := _after(words, "-F"):
            given = dict(word.split("=", 1) for word in form)
            files = (tmp_path / given.pop("files").removeprefix("@")).open("rb")
            with files:
                answer = one.send(path, {**given, "files": files}, **headers)
        elif data := _after(words, "-d"):
            answer = one.post(path, json.loads(data[0]), **headers)
        else:
            answer = one.get(path, **headers)
        assert answer.status_code in {200, 201}, (call, answer.content)


def _words(call: str) -> list[str]:
    return shlex.split(call.replace("\\\n", " "))


def _after(words: list[str], option: str) -> list[str]:
    return [word for before, word in pairwise(words) if before == option]
