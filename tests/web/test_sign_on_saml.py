"""Sign-in by SAML: a good response gets in once; one that is unsigned, wrapped, for others or late does not."""

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from .identity_providers import SamlProvider
from .test_accounts import acts

As = Callable[[str], Any]
ADD = "/administration/sign-on/add/saml"
SHOW = "/administration/sign-on/provider/example-saml/"
FORM = {"name": "Example SAML", "email_domains": "example.com", "groups_claim": "groups", "enabled": "on"}
METADATA = "http://testserver/sign-on/example-saml/metadata"
ACS = "http://testserver/sign-on/example-saml/acs"


@pytest.fixture(scope="module")
def idp() -> SamlProvider:
    return SamlProvider()


@pytest.fixture
def provider(idp: SamlProvider, as_role: As) -> Iterator[SamlProvider]:
    """Give the provider as an administrator added it, with an account."""
    from django.contrib.auth.models import User  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415
    from twofold.web.sign_on.models import IdentityProvider  # noqa: PLC0415

    added = as_role("administrator").post(ADD, {**FORM, "metadata": idp.metadata()})
    assert added.headers["location"] == SHOW
    user = User.objects.create_user("saml@example.com", "saml@example.com")
    Member.objects.create(user=user, role="tester")
    yield idp
    user.delete()
    IdentityProvider.objects.all().delete()


def begun(client: Any, provider: SamlProvider, **more: str) -> str:
    """Begin a sign-in, and return the id of our request."""
    answer = client.get("/sign-on/example-saml/start", more)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(provider.sso + "?SAMLRequest=")
    asked = parse_qs(urlsplit(answer.headers["location"]).query)["SAMLRequest"][0]
    request = zlib.decompress(base64.b64decode(asked), -15).decode()
    assert ACS in request
    assert METADATA in request
    found = re.search(r'ID="([^"]+)"', request)
    assert found
    return found[1]


def posted(client: Any, document: str) -> Any:
    """Post a response, and follow the way back where it is good."""
    given = base64.b64encode(document.encode()).decode()
    answer = client.post("/sign-on/example-saml/acs", {"SAMLResponse": given})
    return client.get(answer.headers["location"]) if answer.status_code == 302 else answer


def refused(client: Any, document: str, said: str) -> None:
    answer = posted(client, document)
    assert answer.status_code == 403
    assert said in answer.content.decode()
    assert client.get("/").status_code == 302


def test_the_way_in(provider: SamlProvider, as_role: As, site_workspace: Path) -> None:
    client = as_role("stranger")
    request_id = begun(client, provider, next="/controls/")
    document = provider.response(consumer=ACS, audience=METADATA, request_id=request_id, id="_way-in")
    # The provider's page posts without the session's cookie.
    given = base64.b64encode(document.encode()).decode()
    back = as_role("stranger").post("/sign-on/example-saml/acs", {"SAMLResponse": given})
    assert back.headers["location"].startswith("/sign-on/example-saml/finish?key=")
    # A browser that did not ask gets nothing by it, and uses it up.
    assert as_role("stranger").get(back.headers["location"]).status_code == 403
    assert client.get(back.headers["location"]).status_code == 403
    again = provider.response(consumer=ACS, audience=METADATA, request_id=request_id, id="_way-in-2")
    assert posted(client, again).headers["location"] == "/controls/"
    assert client.get("/").status_code == 200
    told = [each[0] for each in acts(site_workspace) if each[1] == "saml@example.com"]
    assert told[-2:] == ["linked", "signed_in"]
    shown = as_role("administrator").get(SHOW).content.decode()
    assert all(each in shown for each in (METADATA, ACS, provider.entity_id, "saml-ada"))


def test_a_response_works_once(provider: SamlProvider, as_role: As) -> None:
    client = as_role("stranger")
    document = provider.response(consumer=ACS, audience=METADATA, request_id=begun(client, provider), id="_once")
    assert posted(client, document).status_code == 302
    client.post("/account/logout/")
    refused(client, document, "works once")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"signed": False}, "No Signature found|not signed"),
        ({"audience": "https://another.example/sp"}, "audience"),
        ({"audience": ""}, "audience"),
        ({"minutes": -10}, "expired|Timing"),
        ({"recipient": "https://another.example/acs"}, "SubjectConfirmation|recipient"),
        ({"recipient": ACS + "/more"}, "recipient"),
        ({"consumer": "https://another.example/acs"}, "instead of"),
        ({"email": "saml@elsewhere.example"}, "domain"),
        ({"email": "stranger@example.com"}, "nobody invited"),
        ({"request_id": "_not-ours"}, "not begun"),
        ({"request_id": ""}, "began at the provider"),
        ({"subject": "x" * 300}, "too long"),
    ],
)
def test_what_is_refused(
    changed: dict[str, Any], said: str, provider: SamlProvider, as_role: As, site_workspace: Path
) -> None:
    client = as_role("stranger")
    asked: dict[str, Any] = {"consumer": ACS, "audience": METADATA, "request_id": begun(client, provider)}
    answer = posted(client, provider.response(**{**asked, "id": f"_r-{said.encode().hex()}", **changed}))
    assert answer.status_code == 403
    assert re.search(said, answer.content.decode())
    assert client.get("/").status_code == 302
    assert acts(site_workspace)[-1][0] == "sign_in_refused"


def test_a_signature_that_covers_something_else(provider: SamlProvider, as_role: As) -> None:
    client = as_role("stranger")
    asked: dict[str, Any] = {"consumer": ACS, "audience": METADATA, "request_id": begun(client, provider)}
    good = provider.response(**asked, id="_good")
    evil = provider.response(**asked, id="_evil", signed=False, email="administrator@example.com", subject="x")
    assertions = [re.search(r"<saml:Assertion.*</saml:Assertion>", each, re.DOTALL) for each in (good, evil)]
    assert assertions[0]
    assert assertions[1]
    signed, forged = assertions[0][0], assertions[1][0]
    found = re.search(r"<ds:Signature.*</ds:Signature>", signed, re.DOTALL)
    assert found
    signature = found[0]
    within = forged.replace("</saml:Issuer>", "</saml:Issuer>" + signature, 1)
    bare = signed.replace(signature, "")
    ways = {
        "both, the forged one first": good.replace(signed, forged + signed),
        "both, the signed one first": good.replace(signed, signed + forged),
        "the signed one in the forged one's signature": good.replace(
            signed, within.replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>", 1)
        ),
        "the signed one in an extension": good.replace(signed, within).replace(
            "<samlp:Status>", f"<samlp:Extensions>{bare}</samlp:Extensions><samlp:Status>"
        ),
        "the same id": good.replace(signed, forged.replace('ID="_evil"', 'ID="_good"') + signed),
        "the signature of another": good.replace(signed, within),
        "something changed after signing": good.replace("saml@example.com", "administrator@example.com"),
    }
    for name, document in ways.items():
        assert document != good, name
        answer = posted(client, document)
        assert answer.status_code == 403, name
        assert client.get("/").status_code == 302, name
    another = SamlProvider()
    refused(client, another.response(**asked, id="_other"), "Signature")
    assert posted(client, good).status_code == 302


def test_a_comment_does_not_cut_a_name(provider: SamlProvider, as_role: As) -> None:
    client = as_role("stranger")
    document = provider.response(
        consumer=ACS,
        audience=METADATA,
        request_id=begun(client, provider),
        id="_comment",
        email="saml@example.com<!-- -->.elsewhere.example",
    )
    refused(client, document, "domain")


def test_what_is_no_response(provider: SamlProvider, as_role: As) -> None:
    client = as_role("stranger")
    del provider
    entity = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>'
    for document in ("", "no XML", "<r/>", entity, "x" * 400_000):
        answer = posted(client, document)
        assert answer.status_code == 403
        assert "root:" not in answer.content.decode()
    assert client.post("/sign-on/example-saml/acs", {"SAMLResponse": "%%%"}).status_code == 403
    assert client.get("/sign-on/example-saml/callback").status_code == 404


def test_a_sign_in_that_begins_at_the_provider(provider: SamlProvider, as_role: As) -> None:
    as_role("administrator").post(SHOW, {**FORM, "accepts_unasked": "on"})
    client = as_role("stranger")
    document = provider.response(consumer=ACS, audience=METADATA, request_id="", id="_unasked")
    assert posted(client, document).headers["location"] == "/"
    client.post("/account/logout/")
    refused(client, document, "works once")


def test_our_metadata(provider: SamlProvider, as_role: As) -> None:
    del provider
    answer = as_role("stranger").get("/sign-on/example-saml/metadata")
    told = answer.content.decode()
    assert f'entityID="{METADATA}"' in told
    assert f'Location="{ACS}"' in told
    assert 'WantAssertionsSigned="true"' in told


def test_metadata_is_read_with_care(idp: SamlProvider, as_role: As) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415

    admin, good = as_role("administrator"), idp.metadata()
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(9))
    wrong = {
        f"<!DOCTYPE x>{good}": "document type",
        f'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>{good.replace("<ds:X509Data>", "<ds:X509Data>&x;")}': (
            "document type"
        ),
        f'<!DOCTYPE x [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>{good}': "document type|no XML",
        f"<!DOCTYPE x [{bomb}]>{good.replace(idp.sso, '&e8;')}": "document type|no XML",
        "<html></html>": "0 identity providers",
        good.replace("IDPSSODescriptor", "SPSSODescriptor"): "0 identity providers",
        good.replace("HTTP-Redirect", "SOAP"): "HTTP-Redirect",
        good.replace(idp.sso, "http://idp.example.com/sso"): "expected https",
        good.replace("signing", "encryption"): "no certificate",
        re.sub(r"(<ds:X509Certificate>)....", r"\1AAAA", good): "cannot be read",
        "no XML": "no XML",
        "": "Paste",
    }
    for document, said in wrong.items():
        answer = admin.post(ADD, {**FORM, "metadata": document})
        assert answer.status_code == 400, said
        assert re.search(said, answer.content.decode()), said
        assert "root:" not in answer.content.decode()
    large = SimpleUploadedFile("metadata.xml", b"x" * 600_000)
    assert "longer than" in admin.post(ADD, {**FORM, "metadata_file": large}).content.decode()
    file = SimpleUploadedFile("metadata.xml", good.encode())
    added = admin.post(ADD, {**FORM, "name": "By file", "metadata_file": file})
    assert added.headers["location"] == "/administration/sign-on/provider/by-file/"
    admin.post("/administration/sign-on/provider/by-file/remove")
