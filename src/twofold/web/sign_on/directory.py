"""What the company's directory said of an account, and what people said after it."""

from django.contrib.auth.models import User
from django.utils import timezone

from twofold.web.sign_on.models import DirectoryEntry


def directory_entry(user: User) -> DirectoryEntry:
    """Return what the directory says of an account; a new row says nothing."""
    found, _ = DirectoryEntry.objects.get_or_create(user=user, defaults={"changed_at": timezone.now()})
    return found


def decided_by_hand(user: User) -> None:
    """Take role and state of an account as an administrator's word, which the directory does not undo by silence."""
    DirectoryEntry.objects.filter(user=user).update(closed=False, role_by_group=False)
