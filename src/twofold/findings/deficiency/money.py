"""Amounts of money as exact decimals with a currency."""

import re
from dataclasses import dataclass
from decimal import Decimal

_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount, never negative. currency: three letters such as USD."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:,f} {self.currency}"


def parse_money(text: str) -> Money:
    """Read `1250000.00 USD`; commas between thousands are allowed. Raises ValueError for anything else.

    >>> str(parse_money("1,250,000.00 USD"))
    '1,250,000.00 USD'
    """
    amount, _, currency = text.strip().rpartition(" ")
    amount = amount.strip().replace(",", "")
    if not _AMOUNT.fullmatch(amount) or not _CURRENCY.fullmatch(currency):
        msg = f"{text!r} is no amount with a currency, such as 1250000.00 USD"
        raise ValueError(msg)
    return Money(Decimal(amount), currency)
