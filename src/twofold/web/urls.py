"""Every page of the site and its address. Each but the public ones names the right that it needs (guard.py)."""

from django.urls import include, path

from twofold.web.administration import accounts, tokens, welcome
from twofold.web.api.api import api
from twofold.web.company import (
    access_reviews,
    alive,
    answers,
    controls,
    dispositions,
    evidence,
    findings,
    inbox,
    overview,
    requests,
    results,
    sign_off,
    systems,
    upload,
)

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
    path("controls/<str:control_id>/sign-off", sign_off.sign_control, name="sign_control"),
    path("evidence/", evidence.listing, name="evidence"),
    path("evidence/upload", upload.show, name="upload"),
    path("evidence/<str:evidence_id>/", evidence.show, name="evidence_one"),
    path("evidence/<str:evidence_id>/bytes", evidence.download, name="evidence_bytes"),
    path("results/", results.listing, name="results"),
    path("results/<str:control_test>/", results.show, name="result"),
    path("results/<str:control_test>/item", results.item, name="result_item"),
    path("results/<str:control_test>/rule", results.rule, name="result_rule"),
    path("results/<str:control_test>/dispose", dispositions.propose, name="dispose"),
    path("dispositions/<int:proposal_id>/agree", dispositions.agree, name="agree"),
    path("dispositions/<int:proposal_id>/decline", dispositions.decline, name="decline"),
    path("findings/", findings.listing, name="findings"),
    path("findings/answer", answers.show, name="answer_finding"),
    path("reviews/", access_reviews.listing, name="reviews"),
    path("reviews/open", access_reviews.open_one, name="review_open"),
    path("reviews/<str:review_id>/", access_reviews.show, name="review"),
    path("reviews/<str:review_id>/decide", access_reviews.decide, name="review_decide"),
    path("reviews/<str:review_id>/route", access_reviews.route, name="review_route"),
    path("reviews/<str:review_id>/complete", access_reviews.complete, name="review_complete"),
    path("reviews/<str:review_id>/removed", access_reviews.removed, name="review_removed"),
    path("requests/", requests.listing, name="requests"),
    path("requests/add", requests.add, name="request_add"),
    path("requests/<str:request_id>/answer", requests.answer, name="request_answer"),
    path("requests/<str:request_id>/<str:act>", requests.change, name="request_change"),
    path("inbox/", inbox.show, name="inbox"),
    path("administration/accounts/", accounts.listing, name="accounts"),
    path("administration/accounts/invite", accounts.invite_person, name="account_invite"),
    path("administration/accounts/<int:user_id>/change", accounts.change, name="account_change"),
    path("tokens/", tokens.listing, name="tokens"),
    path("tokens/make", tokens.make, name="token_make"),
    path("tokens/<int:token_id>/revoke", tokens.revoke, name="token_revoke"),
    path("administration/log/", accounts.log, name="account_log"),
    path("welcome/<str:secret>/", welcome.show, name="welcome"),
    path("api/v1/", api.urls),
    path("account/", include("allauth.urls")),
]
