"""Sends a notice by e-mail. TLS with a checked certificate unless the server is on this machine; text only."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from twofold.jobs.notices.digest import Digest
from twofold.scope.notice_settings import NoticeSettings

PASSWORD = "TWOFOLD_SMTP_PASSWORD"  # noqa: S105  name of the variable that holds it
SECONDS_TO_WAIT = 20.0


class NotSentError(Exception):
    """A notice did not go out. The message says why, without a secret; `permanent`: trying again soon is no use."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail goes. tls: how certificates are checked; the system's authorities by default."""

    settings: NoticeSettings
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None

    def send(self, message: EmailMessage) -> None:
        """Hand one message over; raises NotSentError."""
        settings = self.settings
        context = self.tls or ssl.create_default_context()
        try:
            with self._connect(context) as server:
                if settings.smtp_security == "starttls":
                    server.starttls(context=context)
                if settings.smtp_user:
                    server.login(settings.smtp_user, self.password)
                server.send_message(message)
        except smtplib.SMTPAuthenticationError as error:
            # The server's answer may quote what was sent, so it is not passed on.
            text = f"{settings.smtp_host} refused the user name or password"
            raise NotSentError(text, permanent=True) from error
        except smtplib.SMTPResponseException as error:
            refused = f"{settings.smtp_host} answered {error.smtp_code}"
            raise NotSentError(refused, permanent=error.smtp_code >= 500) from error  # noqa: PLR2004  RFC 5321, 4.2.1
        except smtplib.SMTPRecipientsRefused as error:
            text = f"{settings.smtp_host} refused the recipient"
            raise NotSentError(text, permanent=True) from error
        except (OSError, smtplib.SMTPException) as error:
            text = f"{settings.smtp_host}: {type(error).__name__}"
            raise NotSentError(text) from error

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        settings = self.settings
        place = settings.smtp_host, settings.smtp_port
        if settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(*place, timeout=SECONDS_TO_WAIT, context=context)
        return smtplib.SMTP(*place, timeout=SECONDS_TO_WAIT)


def mail_of(digest: Digest, *, sender: str, to: str, notice_id: str, site: str, at: datetime) -> EmailMessage:
    """Return the message. The same notice has the same Message-ID, so that one sent twice can be told.

    Raises NotSentError for an address that cannot be one.
    """
    message = EmailMessage()
    try:
        message["From"] = Address("Twofold", addr_spec=sender)
        message["To"] = Address(addr_spec=to)
    except (ValueError, IndexError) as error:
        text = "the address of sender or recipient is none"
        raise NotSentError(text, permanent=True) from error
    message["Subject"] = digest.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{notice_id}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(digest, site=site), cte="quoted-printable")
    return message


def text_of(digest: Digest, *, site: str) -> str:
    """Return the notice as plain text."""
    lines = []
    for heading, things in digest.parts:
        lines.append(heading)
        for each in things:
            lines += [f"- {each.title}{f' (due {each.due})' if each.due else ''}", f"  {each.link}"]
        lines.append("")
    lines += [f"How often you get this, and how: {site}/inbox/notices"]
    return "\n".join(lines) + "\n"
