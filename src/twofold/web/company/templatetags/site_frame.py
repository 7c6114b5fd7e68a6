"""Puts pages of the account library into the frame of the site: the library renders them with Django's templates."""

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.loader import render_to_string
from django.utils.html import strip_tags

from twofold.web.accounts.member import must_add_factor
from twofold.web.page import surroundings

register = template.Library()


class Framed(template.Node):
    """What stands between `{% framed %}` and `{% endframed %}`: the title, `{% body %}`, and the page's own part."""

    child_nodelists = ("title", "body")

    def __init__(self, request: FilterExpression, title: NodeList, body: NodeList) -> None:
        self.request = request
        self.title = title
        self.body = body

    def render(self, context: template.Context) -> str:
        """Return the whole page. Whoever has to add a second factor gets it without navigation: nothing else opens."""
        request = self.request.resolve(context)
        waits = must_add_factor(request.user, request.session)
        around = surroundings(request, at="", title=strip_tags(self.title.render(context)).strip())
        values = {
            "body": self.body.render(context),
            "here": request.resolver_match.url_name,
            "waits": waits,
            **({"navigation": ()} if waits else {}),
        }
        return render_to_string("account_frame.html", {**around, **values}, request=request)


@register.tag
def framed(parser: Parser, token: Token) -> Framed:
    """Read `{% framed request %}title{% body %}part{% endframed %}`."""
    _, request = token.split_contents()
    title = parser.parse(("body",))
    parser.delete_first_token()
    body = parser.parse(("endframed",))
    parser.delete_first_token()
    return Framed(parser.compile_filter(request), title, body)
