"""Send what is to be sent now: a digest for each person, once a day or a week, on each channel that they chose."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from twofold.jobs.due import due_facts, due_things
from twofold.jobs.notices.digest import Digest, DigestTime, digest_for
from twofold.jobs.notices.hook import KEY, SLACK_ADDRESS, Hook, slack_body, webhook_body
from twofold.jobs.notices.mail import PASSWORD, MailServer, NotSentError, mail_of
from twofold.jobs.notices.outbox import Channel, NoticeKey, Outbox, Recipient
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.notice_settings import NoticeSettings

_AHEAD = timedelta(days=31)
"""How far expected operations of controls are looked at; more than may count as soon is left out again."""
_ID = 32


@dataclass(frozen=True, slots=True)
class Senders:
    """How notices go out; None = that channel is not set up."""

    settings: NoticeSettings
    mail: MailServer | None = None
    webhook: Hook | None = None
    slack: Hook | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that are set up."""
        known = ((Channel.EMAIL, self.mail), (Channel.WEBHOOK, self.webhook), (Channel.SLACK, self.slack))
        return tuple(channel for channel, sender in known if sender is not None)


@dataclass(slots=True)
class SendReport:
    """What one run did, as lines of `account: channel`; `failed` says why."""

    sent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def senders_of(workspace: Workspace, environment: Mapping[str, str]) -> Senders:
    """Return how notices go out: settings of the workspace, secrets of the environment.

    Raises UserError where the settings have no [notices], or a secret that they ask for is missing.
    """
    settings = workspace.settings.notices
    if settings is None:
        remedy = "add [notices] with address = and smtp = or webhook =: docs/howto/send-notices.md"
        raise UserError(Problem("twofold.toml", "it has no table [notices]", "[notices]", remedy))
    missing = [
        Problem(name, "the variable is not set", "the secret that twofold.toml needs", "set it in the environment")
        for name, needed in ((PASSWORD, settings.smtp_user), (KEY, settings.webhook))
        if needed and not environment.get(name)
    ]
    if missing:
        raise UserError(missing)
    slack = environment.get(SLACK_ADDRESS, "")
    return Senders(
        settings,
        MailServer(settings, environment.get(PASSWORD, "")) if settings.smtp_host else None,
        Hook(settings.webhook, environment[KEY]) if settings.webhook else None,
        Hook(slack) if slack else None,
    )


def send_notices(workspace: Workspace, box: Outbox, senders: Senders, *, at: datetime) -> SendReport:
    """Send to each person what they are to be told in this day or week and were not told yet. at: aware."""
    report = SendReport()
    wanted = [(each, span) for each in box.recipients() if (span := _span(each, senders, workspace, at))]
    if not wanted:
        return report
    facts = due_facts(workspace, at=at, horizon=at + _AHEAD)
    things = due_things(facts)
    today = _today(workspace, at)
    for recipient, span in wanted:
        when = DigestTime(at, today, box.last_sent(recipient.account, before=span), senders.settings.soon_days)
        digest = digest_for(
            recipient.person,
            things,
            facts.follow_ups,
            facts.scope,
            company=workspace.settings.company,
            site=senders.settings.address,
            when=when,
        )
        if digest is None:
            continue
        for channel in senders.channels:
            if channel in recipient.channels:
                key = NoticeKey(recipient.account, channel, span)
                _send_one(box, senders, recipient, key, digest, report, at=at)
    return report


def _send_one(
    box: Outbox,
    senders: Senders,
    recipient: Recipient,
    key: NoticeKey,
    digest: Digest,
    report: SendReport,
    *,
    at: datetime,
) -> None:
    if not box.claim(key, digest.sha256, at=at):
        return
    told = f"{recipient.account}: {key.channel}"
    try:
        _deliver(senders, recipient, key, digest, at=at)
    except NotSentError as error:
        box.failed(key, str(error), at=at)
        report.failed.append(f"{told}: {error}")
    else:
        box.sent(key)
        report.sent.append(told)


def _deliver(senders: Senders, recipient: Recipient, key: NoticeKey, digest: Digest, *, at: datetime) -> None:
    name = notice_id(key)
    if key.channel is Channel.EMAIL and senders.mail is not None:
        settings = senders.settings
        message = mail_of(
            digest, sender=settings.sender, to=recipient.email, notice_id=name, site=settings.address, at=at
        )
        senders.mail.send(message)
    elif key.channel is Channel.WEBHOOK and senders.webhook is not None:
        senders.webhook.post(webhook_body(digest, notice_id=name, at=at), notice_id=name, at=at)
    elif key.channel is Channel.SLACK and senders.slack is not None:
        senders.slack.post(slack_body(digest), notice_id=name, at=at)


def notice_id(key: NoticeKey) -> str:
    """Return the id of a notice: the same for the same account, channel and day or week."""
    return hashlib.sha256(f"{key.account}\n{key.channel}\n{key.span}".encode()).hexdigest()[:_ID]


def _span(recipient: Recipient, senders: Senders, workspace: Workspace, at: datetime) -> str:
    """Return the day or the week that a notice of now would be of, "" for somebody who wants none."""
    today = _today(workspace, at)
    year, week, _ = today.isocalendar()
    rhythm = recipient.rhythm or senders.settings.rhythm
    return {"daily": today.isoformat(), "weekly": f"{year}-W{week:02d}"}.get(rhythm, "")


def _today(workspace: Workspace, at: datetime) -> date:
    return at.astimezone(zone_named(workspace.settings.reporting_zone)).date()
