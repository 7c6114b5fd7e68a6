"""Single sign-on by OpenID Connect and SAML 2.0, and joiners and leavers by SCIM 2.0."""
