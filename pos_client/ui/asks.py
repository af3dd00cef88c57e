"""What a cashier may ask for: known to the window before anything that can be done about it is loaded."""

from enum import StrEnum

__all__ = ["Ask"]


class Ask(StrEnum):
    """A gesture. The values are the ids of the table of keys; Space and the arrows belong to the window itself."""

    HELP = "help"
    FIND = "find"
    JOIN = "join"
    POINTS = "points"
    COUPON = "coupon"
    CASH = "cash"
    CARD = "card"
    SBP = "sbp"
    PART = "part"
    ENOUGH = "enough"
    RECEIPT = "receipt"
    SLIP = "slip"
    REFUND = "refund"
    GIVE_BACK = "give_back"
    HANDED_OUT = "handed_out"
    SHIFT = "shift"
    RECONCILE = "reconcile"
    QUEUE = "queue"
    LOOK = "look"
    COMMAND = "command"
    CONFIRM = "confirm"
    EXACT = "exact"
    PUT_OFF = "put_off"
    WAIT = "wait"
    GIVE_UP = "give_up"
    UP = "up"
    DOWN = "down"
