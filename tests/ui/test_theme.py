"""The look: every text can be read, every token exists, sizes follow the scale."""

import re
from itertools import product

import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from pos_client.bundled import bundled
from pos_client.ui.key_button import KeyButton
from pos_client.ui.theme import Scheme, apply_theme, contrast, load_theme, restyle
from tests.hands import show, wait_until

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
VALUE = re.compile(r"(?<![\w-])(color|background-color|selection-color|selection-background-color)\s*:\s*\$(\w+)")
READABLE = 4.5
DISABLED_READABLE = 3.0  # WCAG asks nothing of disabled controls; ours may still be read


def rules() -> list[tuple[str, dict[str, str]]]:
    text = re.sub(r"/\*.*?\*/", "", bundled("themes/till.qss").read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"\$\{(\w+)\}", r"$\1", text)
    return [(selector.strip(), dict(VALUE.findall(body))) for selector, body in RULE.findall(text)]


def surfaces(selector: str) -> list[str]:
    """Where a text whose rule has no background of its own may lie."""
    if "KeyButton" in selector:
        kind = re.search(r'kind="(\w+)"', selector)
        if ":disabled" in selector:
            return ["disabled"]
        own = {"primary": ["brand", "brand_hover", "brand_pressed"], "contrast": ["contrast", "contrast_hover"]}
        return own.get(kind.group(1), ["danger_fill"]) if kind else ["secondary", "secondary_hover"]
    if '"quiet"' in selector:
        return ["section", "ground"]
    parent = selector.split(">", maxsplit=1)[0].strip()
    of_parent = [
        names["background-color"] for known, names in rules() if known == parent and "background-color" in names
    ]
    return of_parent or ["section", "ground", "bar", "success", "info", "warning", "danger"]


PAIRS = sorted(
    {
        (names["color"], surface, ":disabled" in selector)
        for selector, names in rules()
        if "color" in names
        for surface in ([names["background-color"]] if "background-color" in names else surfaces(selector))
    }
)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_every_text_stands_out_from_every_ground_it_is_set_on(scheme: Scheme) -> None:
    colours = load_theme(scheme).colours
    assert len(PAIRS) > 30
    faint = {
        f"{text} on {ground}": round(ratio, 2)
        for text, ground, disabled in PAIRS
        if (ratio := contrast(colours[text], colours[ground])) < (DISABLED_READABLE if disabled else READABLE)
    }
    assert faint == {}


@pytest.mark.parametrize("scheme", list(Scheme))
def test_the_palette_is_readable_too(scheme: Scheme) -> None:
    palette, role = load_theme(scheme).palette(), QPalette.ColorRole
    for text, ground in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.PlaceholderText, role.Base),
        (role.ButtonText, role.Button),
        (role.HighlightedText, role.Highlight),
        (role.ToolTipText, role.ToolTipBase),
    ):
        assert contrast(palette.color(text).name(), palette.color(ground).name()) >= READABLE


def test_white_is_never_set_on_the_brand_green() -> None:
    for scheme in Scheme:
        colours = load_theme(scheme).colours
        for ground in ("brand", "brand_hover", "brand_pressed"):
            assert contrast(colours["on_brand"], colours[ground]) >= READABLE
            assert colours["on_brand"] != "#FFFFFF"


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#44E858") == pytest.approx(1.62, abs=0.01)


def test_light_and_dark_have_the_same_tokens() -> None:
    assert load_theme(Scheme.LIGHT).colours.keys() == load_theme(Scheme.DARK).colours.keys()


@pytest.mark.parametrize(("scheme", "scale"), list(product(Scheme, (1.0, 1.5, 2.0))))
def test_the_style_sheet_has_no_hole(scheme: Scheme, scale: float) -> None:
    assert "$" not in load_theme(scheme, scale).style_sheet()


def test_the_sheet_names_no_colour_but_tokens() -> None:
    assert not re.search(r"#[0-9A-Fa-f]{3,8}\b|\brgba?\(", bundled("themes/till.qss").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("scale", "height"), [(1.0, 49), (1.5, 74)])
@pytest.mark.parametrize("kind", ["primary", "secondary", "contrast", "danger"])
def test_buttons_at_the_counter_have_their_height(
    qtbot: QtBot, qapp: QApplication, scale: float, height: int, kind: str
) -> None:
    apply_theme(qapp, load_theme(scale=scale))
    plain = QPushButton("Оплатить часть")
    plain.setProperty("kind", kind)
    keyed = KeyButton("F5", "Наличные 2 500 ₽", kind)
    for button in (plain, keyed):
        qtbot.addWidget(button)
        button.ensurePolished()
        button.adjustSize()
        assert button.height() == height


async def test_a_field_keeps_its_height_with_the_focus_and_when_it_is_wrong(
    qtbot: QtBot, dressed: QApplication
) -> None:
    assert dressed is not None
    field = QLineEdit()
    qtbot.addWidget(field)
    field.adjustSize()
    heights = [field.sizeHint().height()]
    await show(field)
    await wait_until(field.hasFocus)
    heights.append(field.sizeHint().height())
    field.setProperty("state", "invalid")
    restyle(field, "amount")
    heights.append(field.sizeHint().height())
    assert heights == [49, 49, 49]


def test_the_scale_enlarges_the_text_of_a_label(qtbot: QtBot, qapp: QApplication) -> None:
    label = QLabel("2 500,00 ₽")
    label.setProperty("kind", "money")
    qtbot.addWidget(label)
    sizes = []
    for scale in (1.0, 1.5):
        apply_theme(qapp, load_theme(scale=scale))
        label.ensurePolished()
        sizes.append(QFontInfo(label.font()).pixelSize())
    assert sizes == [56, 84]


def test_a_label_may_change_its_part(qtbot: QtBot, dressed: QApplication) -> None:
    label = QLabel("доставлен")
    label.setProperty("kind", "subtle")
    qtbot.addWidget(label)
    label.ensurePolished()
    restyle(label, "success")
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(load_theme().colours["text_success"])
    assert label.font().weight() == QFont.Weight.DemiBold
    assert dressed.style().objectName() in {"fusion", ""}


@pytest.mark.parametrize(
    ("kind", "token"),
    [("primary", "on_brand"), ("secondary", "text"), ("contrast", "on_contrast"), ("danger", "on_danger")],
)
@pytest.mark.parametrize("scheme", list(Scheme))
def test_the_words_on_a_key_button_have_the_colour_of_its_kind_and_of_its_state(
    qtbot: QtBot, qapp: QApplication, scheme: Scheme, kind: str, token: str
) -> None:
    theme = load_theme(scheme)
    apply_theme(qapp, theme)
    button = KeyButton("F5", "Наличные", kind)
    qtbot.addWidget(button)
    button.show()
    for enabled, expected in ((True, token), (False, "on_disabled")):
        button.setEnabled(enabled)
        for label in button.findChildren(QLabel):
            shown = label.palette().color(label.foregroundRole()).name().upper()
            assert shown == theme.colours[expected], label.text()


def test_a_key_button_speaks_its_words_and_takes_no_focus(qtbot: QtBot, dressed: QApplication) -> None:
    button = KeyButton("F5", "Наличные", "primary")
    qtbot.addWidget(button)
    button.setFocus()
    assert not button.hasFocus()
    button.say("Наличные 2 500 ₽")
    assert button.accessibleName() == "Наличные 2 500 ₽, F5"
    assert dressed.focusWidget() is None
