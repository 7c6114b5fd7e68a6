"""Review periods, half open, in UTC."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class ReviewPeriod:
    """The stretch [starts_at, ends_before) under audit; both aware UTC times."""

    starts_at: datetime
    ends_before: datetime

    def __post_init__(self) -> None:
        if self.starts_at.tzinfo is None or self.ends_before.tzinfo is None:
            msg = "a review period needs times with a zone"
            raise ValueError(msg)
        if not self.starts_at < self.ends_before:
            msg = f"a review period must end after it starts ({self.starts_at} to {self.ends_before})"
            raise ValueError(msg)

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_before
