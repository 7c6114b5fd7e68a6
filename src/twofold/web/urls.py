"""Every page of the site and its address. Each but the public ones names the right that it needs (guard.py)."""

from django.urls import include, path

from twofold.web.administration import accounts, welcome
from twofold.web.company import alive, controls, evidence, findings, overview, results, systems

handler403 = "twofold.web.errors.forbidden"
handler404 = "twofold.web.errors.not_found"
handler500 = "twofold.web.errors.broken"

urlpatterns = [
    path("", overview.show, name="overview"),
    path("alive", alive.show, name="alive"),
    path("systems/", systems.listing, name="systems"),
    path("systems/<str:system_id>/", systems.show, name="system"),
    path("controls/", controls.listing, name="controls"),
    path("controls/<str:control_id>/", controls.show, name="control"),
    path("evidence/", evidence.listing, name="evidence"),
    path("evidence/<str:evidence_id>/", evidence.show, name="evidence_one"),
    path("evidence/<str:evidence_id>/bytes", evidence.download, name="evidence_bytes"),
    path("results/", results.listing, name="results"),
    path("results/<str:control_test>/", results.show, name="result"),
    path("results/<str:control_test>/item", results.item, name="result_item"),
    path("results/<str:control_test>/rule", results.rule, name="result_rule"),
    path("findings/", findings.listing, name="findings"),
    path("administration/accounts/", accounts.listing, name="accounts"),
    path("administration/accounts/invite", accounts.invite_person, name="account_invite"),
    path("administration/accounts/<int:user_id>/change", accounts.change, name="account_change"),
    path("administration/log/", accounts.log, name="account_log"),
    path("welcome/<str:secret>/", welcome.show, name="welcome"),
    path("account/", include("allauth.urls")),
]
