"""How the till looks: semantic tokens, light and dark, made into one style sheet and one palette."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from string import Template

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from pos_client.bundled import bundled
from pos_client.ui.fonts import load_fonts, text_font

__all__ = ["Scheme", "Theme", "apply_theme", "contrast", "load_theme", "restyle"]


class Scheme(StrEnum):
    """Light for a bright hall, dark for the evening."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Theme:
    """The tokens of one scheme at one scale. Colours are "#RRGGBB", metrics are logical pixels, already scaled."""

    scheme: Scheme
    scale: float
    colours: Mapping[str, str]
    metrics: Mapping[str, int]

    def style_sheet(self) -> str:
        """The style sheet of the application.

        Raises:
            KeyError: `till.qss` names a token that `tokens.toml` lacks.
        """
        ring = 2 * self.metrics["ring"]
        rule = 2 * self.metrics["rule"]
        inner = {  # QSS counts heights inside the border
            "button_inner": self.metrics["button_height"] - ring,
            "button_low_inner": self.metrics["button_low"] - ring,
            "chip_inner": self.metrics["chip_height"] - rule,
            "field_inner": self.metrics["field_height"] - rule,
        }
        return Template(_template()).substitute(self.colours, **self.metrics, **inner)

    def palette(self) -> QPalette:
        """What the style sheet does not reach: native popups, selections, placeholder text."""
        palette = QPalette()
        role = QPalette.ColorRole
        for target, token in (
            (role.Window, "ground"),
            (role.WindowText, "text"),
            (role.Base, "field"),
            (role.AlternateBase, "ground"),
            (role.Text, "text"),
            (role.PlaceholderText, "text_subtle"),
            (role.Button, "secondary"),
            (role.ButtonText, "text"),
            (role.Highlight, "selection"),
            (role.HighlightedText, "text"),
            (role.ToolTipBase, "contrast"),
            (role.ToolTipText, "on_contrast"),
            (role.Link, "text_success"),
        ):
            palette.setColor(target, QColor(self.colours[token]))
        for target in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(self.colours["on_disabled"]))
        return palette


@cache
def _tokens() -> dict[str, dict[str, str | int]]:
    return tomllib.loads(bundled("themes/tokens.toml").read_text(encoding="utf-8"))


@cache
def _template() -> str:
    return bundled("themes/till.qss").read_text(encoding="utf-8")


def load_theme(scheme: Scheme = Scheme.LIGHT, scale: float = 1.0) -> Theme:
    """The theme as it stands in the installation; `scale` 1.5 makes text, buttons and gaps half as large again."""
    tokens = _tokens()
    return Theme(
        scheme=scheme,
        scale=scale,
        colours={name: str(value) for name, value in tokens[scheme.value].items()},
        metrics={name: max(1, round(int(value) * scale)) for name, value in tokens["metrics"].items()},
    )


def apply_theme(app: QApplication, theme: Theme) -> None:
    """Dress the application; may be called again at any time to change the scheme or the scale.

    Fusion and the bundled face come first, so that every operating system shows the same.
    """
    load_fonts()
    # Asking for the style itself makes PySide load all that is known of styles, a tenth of what a bare window costs.
    if os.environ.get("QT_STYLE_OVERRIDE") != "Fusion" and app.style().objectName() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(theme.palette())
    app.setFont(text_font(theme.metrics["size_body"]))
    app.setStyleSheet(theme.style_sheet())


def restyle(widget: QWidget, kind: str) -> None:
    """Change the part that a widget plays after it was shown; Qt looks at dynamic properties only when told to."""
    if widget.property("kind") == kind:
        return
    widget.setProperty("kind", kind)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def contrast(text: str, background: str) -> float:
    """Contrast ratio of two colours "#RRGGBB" by WCAG 2.1, from 1 to 21."""
    lighter, darker = sorted((_luminance(text), _luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    """The sRGB curve of WCAG 2.1."""
    if channel <= 0.04045:  # noqa: PLR2004 # where the standard joins the two pieces of its curve
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)
