"""Idempotency keys: the same request with the same key is done once, and answered the same each time.

The key is taken before anything is done, so that two at the same moment do not both act. A refusal gives it back. An
answer is kept sealed for a day, since it may hold a secret that is told once.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from twofold.web.accounts.models import IdempotentAnswer
from twofold.web.accounts.sealing import Purpose, seal, unseal
from twofold.web.api.access import JSON, token_that_calls
from twofold.web.api.problem import Refused

KEY_HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
_LONGEST = 200
_RUNNING = 0
"""Status of a key whose request is not answered yet."""


def once(request: HttpRequest, do: Callable[[], HttpResponse]) -> HttpResponse:
    """Do it, or answer as the same request with the same key was answered before."""
    key = request.headers.get(KEY_HEADER, "")
    if not key:
        return do()
    if len(key) > _LONGEST:
        raise Refused(422, f"{KEY_HEADER} is longer than {_LONGEST} characters")
    digest = _digest(request)
    taken = _take(request, key, digest)
    if taken is None:
        return _again(request, key, digest)
    try:
        answer = do()
    except BaseException:
        taken.delete()
        raise
    taken.status, taken.body = answer.status_code, seal(answer.content.decode(), Purpose.ANSWERS)
    taken.save()
    return answer


def _take(request: HttpRequest, key: str, digest: str) -> IdempotentAnswer | None:
    """Take the key for this request; None where it is taken."""
    now = timezone.now()
    IdempotentAnswer.objects.filter(made_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            return IdempotentAnswer.objects.create(
                token=token_that_calls(request), key=key, request_sha256=digest, status=_RUNNING, body="", made_at=now
            )
    except IntegrityError:
        return None


def _again(request: HttpRequest, key: str, digest: str) -> HttpResponse:
    known = IdempotentAnswer.objects.filter(token=token_that_calls(request), key=key).first()
    if known is not None and known.request_sha256 != digest:
        raise Refused(422, f"{KEY_HEADER} {key!r} was used for another request")
    if known is None or known.status == _RUNNING:
        raise Refused(409, f"{KEY_HEADER} {key!r} is being used by another request; look whether it was done")
    return HttpResponse(unseal(known.body, Purpose.ANSWERS), status=known.status, content_type=JSON)


def _digest(request: HttpRequest) -> str:
    """Return a hash of what is asked. The parts of a form count, not the border that its sender drew between them."""
    found = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == JSON:
        found.update(request.body)
        return found.hexdigest()
    for name, values in sorted(request.POST.lists()):
        found.update(repr((name, values)).encode())
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            found.update(repr((name, file.name, file.size)).encode())
            for chunk in file.chunks():
                found.update(chunk)
            file.seek(0)
    return found.hexdigest()
