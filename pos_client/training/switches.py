"""What a Mindbox project may decide either way, so that a till must cope with both."""

from dataclasses import dataclass

__all__ = ["Switches"]


@dataclass(slots=True)
class Switches:
    """Rules of the processing that a teacher or a test turns; all of them are at their usual position at first."""

    require_code_to_spend: bool = False
    """A create may take more points only after the customer's code was checked."""
    return_spent: bool = True
    """A returned order gives back the points that it spent; off is the account's «Не возвращать баллы при возврате»."""
    order_visible_after: float = 0.0
    """Seconds for which a new order cannot be read yet; 300 at the real service."""
    blocked_card_is_found: bool = False
    """A blocked card is answered with its owner and its status instead of DiscountCardIsBlocked."""
    existing_is_refused: bool = False
    """Joining with a known phone is a ValidationError instead of AlreadyExists."""
