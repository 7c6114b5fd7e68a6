"""What a directory asks about us: which parts of SCIM we have, and which attributes (RFC 7643 sections 5 to 7)."""

from collections.abc import Mapping
from typing import Any

from twofold.web.sign_on.scim import groups
from twofold.web.sign_on.scim.profile import CORE, ENTERPRISE
from twofold.web.sign_on.scim.requests import MOST

_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:"


def _attribute(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    usual = {
        "name": name,
        "type": kind,
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    }
    return {**usual, **more}


SERVICE: Mapping[str, Any] = {
    "schemas": [f"{_SCHEMA}ServiceProviderConfig"],
    "patch": {"supported": True},
    "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
    "filter": {"supported": True, "maxResults": MOST},
    "changePassword": {"supported": False},
    "sort": {"supported": False},
    "etag": {"supported": False},
    "authenticationSchemes": [
        {
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token that an administrator makes under Single sign-on",
            "primary": True,
        }
    ],
    "meta": {"resourceType": "ServiceProviderConfig"},
}
TYPES: Mapping[str, Mapping[str, Any]] = {
    "User": {
        "schemas": [f"{_SCHEMA}ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "schema": CORE,
        "schemaExtensions": [{"schema": ENTERPRISE, "required": False}],
        "meta": {"resourceType": "ResourceType"},
    },
    "Group": {
        "schemas": [f"{_SCHEMA}ResourceType"],
        "id": "Group",
        "name": "Group",
        "endpoint": "/Groups",
        "schema": groups.CORE,
        "meta": {"resourceType": "ResourceType"},
    },
}
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    CORE: {
        "schemas": [f"{_SCHEMA}Schema"],
        "id": CORE,
        "name": "User",
        "attributes": [
            _attribute("userName", required=True, uniqueness="server"),
            _attribute("externalId", caseExact=True),
            _attribute(
                "name",
                "complex",
                subAttributes=[
                    _attribute("givenName"),
                    _attribute("familyName"),
                    _attribute("formatted", mutability="readOnly"),
                ],
            ),
            _attribute("displayName"),
            _attribute(
                "emails",
                "complex",
                multiValued=True,
                subAttributes=[
                    _attribute("value"),
                    _attribute("type", canonicalValues=["work"]),
                    _attribute("primary", "boolean"),
                ],
            ),
            _attribute("active", "boolean"),
            _attribute(
                "groups",
                "complex",
                multiValued=True,
                mutability="readOnly",
                subAttributes=[
                    _attribute("value", mutability="readOnly"),
                    _attribute("display", mutability="readOnly"),
                ],
            ),
        ],
        "meta": {"resourceType": "Schema"},
    },
    ENTERPRISE: {
        "schemas": [f"{_SCHEMA}Schema"],
        "id": ENTERPRISE,
        "name": "Enterprise user",
        "attributes": [_attribute("employeeNumber")],
        "meta": {"resourceType": "Schema"},
    },
    groups.CORE: {
        "schemas": [f"{_SCHEMA}Schema"],
        "id": groups.CORE,
        "name": "Group",
        "attributes": [
            _attribute("displayName", required=True, uniqueness="server"),
            _attribute("externalId", caseExact=True),
            _attribute(
                "members", "complex", multiValued=True, subAttributes=[_attribute("value"), _attribute("display")]
            ),
        ],
        "meta": {"resourceType": "Schema"},
    },
}
