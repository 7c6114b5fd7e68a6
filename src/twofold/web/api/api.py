"""The API: its operations by topic, its description, and how refusals are told. A test walks all of it by each role."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from twofold.model.problem import UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.web.api import (
    answer_library,
    auditor_choice,
    completeness,
    deficiencies,
    evidence,
    findings,
    lookup,
    own_account,
    people,
    policies,
    preparation,
    programme,
    questionnaires,
    renewal,
    request_lists,
    requests,
    results,
    review_records,
    reviews,
    samples,
    scope,
    standing,
    tasks,
    telling,
    training,
    trust_page,
    vendors,
    what_if,
    work,
)
from twofold.web.api.described import described
from twofold.web.api.problem import Refused, problem
from twofold.web.problems import remedy_of


class Api(NinjaAPI):
    """Tells in its description what all operations have in common, too."""

    def get_openapi_schema(self, **named: Any) -> OpenAPISchema:
        """Return the description with the problems, headers and limits of each operation."""
        return described(super().get_openapi_schema(**named))


api = Api(
    title="Twofold",
    version="1",
    description=f"One piece of evidence, two audits. {NOT_AN_OPINION}",
    docs_url=None,
    urls_namespace="api",
)
for _topic in (
    programme,
    standing,
    scope,
    what_if,
    evidence,
    results,
    renewal,
    completeness,
    samples,
    findings,
    deficiencies,
    tasks,
    work,
    requests,
    request_lists,
    reviews,
    review_records,
    people,
    policies,
    vendors,
    training,
    telling,
    questionnaires,
    answer_library,
    trust_page,
    auditor_choice,
    preparation,
    lookup,
    own_account,
):
    api.add_router("", _topic.router)


@api.exception_handler(UserError)
def _wrong(request: HttpRequest, error: UserError) -> HttpResponse:
    listed = [
        {
            "where": each.where.removeprefix("--"),
            "found": each.found,
            "expected": each.expected,
            "remedy": remedy_of(each),
        }
        for each in error.problems
    ]
    return problem(request, 422, listed[0]["found"], problems=listed)


@api.exception_handler(ValidationError)
def _unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    listed = [{"where": ".".join(map(str, each["loc"])), "found": each["msg"]} for each in error.errors]
    return problem(request, 422, problems=listed)


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    del error
    answer = problem(request, 401, "send Authorization: Bearer and a token that is neither revoked nor over")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(PermissionDenied)
def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(request, 403, str(error))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    del error
    return problem(request, 404)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    answer = problem(request, error.status, error.detail)
    for name, value in error.headers.items():
        answer.headers[name] = value
    return answer


@api.exception_handler(HttpError)
def _told(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, error.status_code, str(error))
