"""Who calls: a token, and the rights that both the token and its account's role have. ETags and idempotency, too."""

import functools
import hashlib
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.security import HttpBearer

from twofold.web.accounts.member import role_of
from twofold.web.accounts.models import ApiToken, IdempotentAnswer
from twofold.web.accounts.tokens import token_of
from twofold.web.api.problem import problem
from twofold.web.rights import RIGHTS, Grant, grant_of
from twofold.web.workspace_access import current

Operation = TypeVar("Operation", bound=Callable[..., Any])
API_RIGHT = "twofold_api_right"
KEY_HEADER = "Idempotency-Key"
_KEY = 200


class Bearer(HttpBearer):
    """The header `Authorization: Bearer twofold_...` of a request."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """Return the token, and make its account the one that acts; None is answered with 401."""
        found = token_of(token, at=timezone.now())
        if found is None:
            return None
        request.user = found.user
        ApiToken.objects.filter(pk=found.pk).update(used_at=timezone.now())
        return found


def api_needs(right: str) -> Callable[[Operation], Operation]:
    """Name the right that an operation needs, and ask both the role and the token before it."""
    RIGHTS[right]

    def mark(operation: Operation) -> Operation:
        @functools.wraps(operation)
        def asked(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by Bearer
            allowed = right in token.rights.split()
            if not allowed or grant_of(right, role_of(request.user)) is Grant.NO:
                return problem(request, 403, f"needs the right {right}")
            if request.method == "GET":
                return _unless_known(request, lambda: operation(request, *arguments, **named))
            return _once(request, token, lambda: operation(request, *arguments, **named))

        asked.__signature__ = inspect.signature(operation)  # type: ignore[attr-defined]
        setattr(asked, API_RIGHT, right)
        return asked  # type: ignore[return-value]

    return mark


def etag_of(request: HttpRequest) -> str:
    """Return the ETag of an answer: it changes when an entry of the log changes what is shown, and per address."""
    text = f"{request.get_full_path()} {current().newest}"
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _unless_known(request: HttpRequest, operation: Callable[[], Any]) -> Any:
    etag = etag_of(request)
    known = etag in request.headers.get("If-None-Match", "")
    answer = HttpResponse(status=304) if known else operation()
    if isinstance(answer, HttpResponse):
        answer.headers["ETag"] = etag
    return answer


def _once(request: HttpRequest, token: ApiToken, operation: Callable[[], HttpResponse]) -> HttpResponse:
    """Do the operation, or answer as the same request with the same key was answered before."""
    key = request.headers.get(KEY_HEADER, "")[:_KEY]
    if not key:
        return operation()
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode() + request.body).hexdigest()
    known = IdempotentAnswer.objects.filter(token=token, key=key).first()
    if known is not None:
        if known.request_sha256 != digest:
            return problem(request, 409, f"{KEY_HEADER} {key!r} was used for another request")
        return HttpResponse(known.body, status=known.status, content_type="application/json")
    answer = operation()
    if answer.status_code < 400:  # noqa: PLR2004  a refusal may be tried again with the same key
        try:
            with transaction.atomic():
                IdempotentAnswer.objects.create(
                    token=token,
                    key=key,
                    request_sha256=digest,
                    status=answer.status_code,
                    body=answer.content.decode(),
                    made_at=timezone.now(),
                )
        except IntegrityError:
            return problem(request, 409, f"{KEY_HEADER} {key!r} is being used by another request right now")
    return answer
