"""The SCIM operations, at /scim/v2. Each needs the directory's token; a session or a person's token opens none."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer

from twofold.web.sign_on.models import DirectoryGroup, ScimToken
from twofold.web.sign_on.scim import about, groups, users
from twofold.web.sign_on.scim.answers import ScimError, listed, missing, refusal, resource
from twofold.web.sign_on.scim.profile import profile_after, profile_in, profile_of
from twofold.web.sign_on.scim.requests import body_of, filter_of, operations_of, page_of
from twofold.web.sign_on.scim_tokens import scim_token_of


class ScimBearer(HttpBearer):
    """The header `Authorization: Bearer twofold_scim_...` of a request."""

    def authenticate(self, request: HttpRequest, token: str) -> ScimToken | None:
        """Return the token; None is answered with 401."""
        del request
        now = timezone.now()
        found = scim_token_of(token, at=now)
        if found is not None:
            ScimToken.objects.filter(pk=found.pk).update(used_at=now)
        return found


scim = NinjaAPI(title="SCIM", auth=ScimBearer(), docs_url=None, openapi_url=None, urls_namespace="scim")


@scim.exception_handler(ScimError)
def _refused(request: HttpRequest, error: ScimError) -> HttpResponse:
    del request
    return refusal(error)


@scim.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    del request, error
    answer = refusal(
        ScimError(HTTPStatus.UNAUTHORIZED, "send a token of the directory that is neither revoked nor over")
    )
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@scim.get("/ServiceProviderConfig")
def service(request: HttpRequest) -> HttpResponse:
    """Say which parts of SCIM there are."""
    del request
    return resource(about.SERVICE)


@scim.get("/ResourceTypes")
def resource_types(request: HttpRequest) -> HttpResponse:
    """Say which kinds of resources there are."""
    del request
    return listed(list(about.TYPES.values()), total=len(about.TYPES), start=1)


@scim.get("/ResourceTypes/{name}")
def resource_type(request: HttpRequest, name: str) -> HttpResponse:
    """Say what one kind is."""
    del request
    return resource(_known(about.TYPES, name))


@scim.get("/Schemas")
def schemas(request: HttpRequest) -> HttpResponse:
    """Say which attributes there are."""
    del request
    return listed(list(about.SCHEMAS.values()), total=len(about.SCHEMAS), start=1)


@scim.get("/Schemas/{name}")
def schema(request: HttpRequest, name: str) -> HttpResponse:
    """Say which attributes one schema has."""
    del request
    return resource(_known(about.SCHEMAS, name))


@scim.get("/Users")
def list_users(request: HttpRequest) -> HttpResponse:
    """Answer with a page of accounts."""
    directory = _directory(request)
    return _page(request, users.visible(), users.found_by, lambda user: users.told(user, directory))


@scim.post("/Users")
def make_user(request: HttpRequest) -> HttpResponse:
    """Let somebody join."""
    directory = _directory(request)
    user = users.join(profile_in(body_of(request)), directory)
    return resource(users.told(users.account(str(user.pk)), directory), status=HTTPStatus.CREATED)


@scim.get("/Users/{key}")
def show_user(request: HttpRequest, key: str) -> HttpResponse:
    """Answer with one account."""
    return resource(users.told(users.account(key), _directory(request)))


@scim.put("/Users/{key}")
def put_user(request: HttpRequest, key: str) -> HttpResponse:
    """Make an account what the resource says."""
    directory = _directory(request)
    users.change(users.account(key), profile_in(body_of(request)), directory)
    return resource(users.told(users.account(key), directory))


@scim.patch("/Users/{key}")
def patch_user(request: HttpRequest, key: str) -> HttpResponse:
    """Change parts of an account, all of them or none."""
    directory = _directory(request)
    user = users.account(key)
    profile = profile_of(user, users.entry_of(user))
    for operation in operations_of(body_of(request)):
        profile = profile_after(profile, operation)
    users.change(user, profile, directory)
    return resource(users.told(users.account(key), directory))


@scim.delete("/Users/{key}")
def remove_user(request: HttpRequest, key: str) -> HttpResponse:
    """Let somebody leave."""
    users.leave(users.account(key), _directory(request))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@scim.get("/Groups")
def list_groups(request: HttpRequest) -> HttpResponse:
    """Answer with a page of groups."""
    directory, wanted = _directory(request), _members_wanted(request)
    every = DirectoryGroup.objects.order_by("pk")
    return _page(request, every, groups.found_by, lambda one: groups.told(one, directory, members=wanted))


@scim.post("/Groups")
def make_group(request: HttpRequest) -> HttpResponse:
    """Make a group."""
    directory = _directory(request)
    made = groups.make(body_of(request), directory)
    return resource(groups.told(made, directory, members=True), status=HTTPStatus.CREATED)


@scim.get("/Groups/{key}")
def show_group(request: HttpRequest, key: str) -> HttpResponse:
    """Answer with one group."""
    return resource(groups.told(groups.group(key), _directory(request), members=_members_wanted(request)))


@scim.put("/Groups/{key}")
def put_group(request: HttpRequest, key: str) -> HttpResponse:
    """Make a group what the resource says."""
    directory = _directory(request)
    groups.put(groups.group(key), body_of(request), directory)
    return resource(groups.told(groups.group(key), directory, members=True))


@scim.patch("/Groups/{key}")
def patch_group(request: HttpRequest, key: str) -> HttpResponse:
    """Change a group, its members most of all."""
    groups.patch(groups.group(key), list(operations_of(body_of(request))), _directory(request))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@scim.delete("/Groups/{key}")
def remove_group(request: HttpRequest, key: str) -> HttpResponse:
    """Remove a group."""
    groups.remove(groups.group(key), _directory(request))
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _directory(request: HttpRequest) -> users.Directory:
    token: ScimToken = request.auth  # type: ignore[attr-defined]  # set by ScimBearer
    return users.Directory(token.name, request)


def _page(
    request: HttpRequest,
    every: QuerySet[Any],
    found_by: Callable[[str, str | bool], QuerySet[Any]],
    tell: Callable[[Any], Mapping[str, Any]],
) -> HttpResponse:
    """Answer with the page that is asked for, of those that fit the filter. SCIM wants them counted."""
    start, count = page_of(request)
    condition = request.GET.get("filter", "")
    found = found_by(*filter_of(condition)) if condition else every
    return listed([tell(each) for each in found[start - 1 : start - 1 + count]], total=found.count(), start=start)


def _members_wanted(request: HttpRequest) -> bool:
    return "members" not in request.GET.get("excludedAttributes", "").lower().split(",")


def _known(told: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    if name not in told:
        message = "resource of this name"
        raise missing(message)
    return told[name]
