"""What a text on the screen means: known to every view, and so to the first paint, which needs nothing else of them."""

from enum import Enum

__all__ = ["Tone"]


class Tone(Enum):
    """What a text means; each tone has a colour and, where it stands alone, a shape."""

    PLAIN = "plain"
    SUBTLE = "subtle"
    STRONG = "strong"
    GOOD = "success"
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"
