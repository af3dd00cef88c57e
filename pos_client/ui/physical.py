"""Which key was struck, whatever the keyboard layout: scan codes to the signs and names of a US keyboard."""

from enum import StrEnum

__all__ = ["ScanCodes", "from_russian_layout", "is_cyrillic", "key_name", "key_sign"]


class ScanCodes(StrEnum):
    """How the platform numbers keys in `QKeyEvent.nativeScanCode`."""

    X11 = "x11"  # xcb and Wayland: the kernel's key code plus 8
    WINDOWS = "windows"  # scan code set 1, extended keys with 0x100

    @classmethod
    def of_platform(cls, platform: str) -> "ScanCodes":
        """The numbering of a Qt platform plugin, named as `QGuiApplication.platformName()` does."""
        return cls.WINDOWS if platform == "windows" else cls.X11


# Linux took the numbers of its main block from scan code set 1, so one table serves both platforms. The rows are those
# of a US keyboard: a scanner in its default setting presses these keys.
_ROWS: tuple[tuple[int, str, str], ...] = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
)
_PLAIN = {first + at: sign for first, plain, _ in _ROWS for at, sign in enumerate(plain)} | {57: " "}
_SHIFTED = {first + at: sign for first, _, shifted in _ROWS for at, sign in enumerate(shifted)} | {57: " "}
_KEYPAD = {71 + at: sign for at, sign in enumerate("789-456+1230.")} | {55: "*", 98: "/"}
_NAMES = (
    {1: "Esc", 14: "Backspace", 15: "Tab", 28: "Enter", 96: "Enter", 87: "F11", 88: "F12", 111: "Del"}
    | {59 + at: f"F{at + 1}" for at in range(10)}
    | {code: sign.upper() for code, sign in _PLAIN.items() if sign.isalnum()}
)
_EXTENDED = 0x100
# Enter and slash of the keypad, and Del, renumbered as the kernel does.
_EXTENDED_ON_WINDOWS = {
    0x11C: 96,
    0x135: 98,
    0x153: 111,
}
_X11_OFFSET = 8

# The Russian layout of Windows and of xkb ("winkeys"), key by key.
_RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбюё" + "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ" + '"№;:?.,/'
_LATIN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`" + 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~' + "@#$^&/?|"
_FROM_RUSSIAN = str.maketrans(_RUSSIAN, _LATIN)


def _position(scan_code: int, numbering: ScanCodes) -> int | None:
    if numbering is ScanCodes.X11:
        return scan_code - _X11_OFFSET if scan_code > _X11_OFFSET else None
    if scan_code >= _EXTENDED:
        return _EXTENDED_ON_WINDOWS.get(scan_code)
    return scan_code or None


def key_sign(scan_code: int, numbering: ScanCodes, *, shift: bool) -> str | None:
    """The sign that a US keyboard prints for this key, or None: not a key that prints, or the code is unknown (0).

    Caps Lock is left out on purpose: a scanner holds Shift for capitals, and what Caps Lock makes of it is noise.
    """
    position = _position(scan_code, numbering)
    if position is None:
        return None
    return (_SHIFTED if shift else _PLAIN).get(position) or _KEYPAD.get(position)


def key_name(scan_code: int, numbering: ScanCodes) -> str | None:
    """The engraving on the key ("F5", "Enter", "K"), or None when the code is unknown."""
    position = _position(scan_code, numbering)
    return None if position is None else _NAMES.get(position)


def is_cyrillic(text: str) -> bool:
    """Whether any Russian letter is in `text`."""
    return any("А" <= sign <= "я" or sign in "Ёё" for sign in text)


def from_russian_layout(text: str) -> str:
    """What a US layout would have printed for keys that printed `text` under ЙЦУКЕН.

    Meaningful only for text known to come from that layout: its full stop is the slash key.
    """
    return text.translate(_FROM_RUSSIAN)
