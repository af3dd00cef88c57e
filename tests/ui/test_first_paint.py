import os
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from pos_client.ui.controls import HintButton
from pos_client.ui.traits import set_trait
from tests.test_house import ROOT

NOT_BEFORE_IT = (
    "PySide6.QtNetwork",
    "pos_client.app",
    "pos_client.counter",
    "pos_client.domain",
    "pos_client.ports",
    "pos_client.ui.counter_view",
    "pos_client.ui.entry",
    "pos_client.ui.queue_view",
    "pos_client.ui.scanner",
)

SHOWING = """
import sys
from PySide6 import QtCore
from PySide6.QtWidgets import QApplication
app = QApplication([])
import pos_client.__main__, pos_client.ui.loop, pos_client.ui.single_instance
from pos_client.ui.shell import Look, Shell
shell = Shell(app, Look())
shell.show()
print(*sys.modules, *("namespace Qt" for name in vars(QtCore) if name == "Qt"), sep="\\n")
"""


def test_the_window_is_shown_before_anything_is_loaded_that_the_picture_does_without() -> None:
    shown = subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", SHOWING],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = set(shown.stdout.splitlines())
    assert "pos_client.ui.idle_view" in loaded
    assert loaded & {*NOT_BEFORE_IT, "namespace Qt"} == set()


def test_a_click_on_the_words_of_a_hint_is_a_click_on_its_button(qapp: QApplication) -> None:
    bar = QWidget()
    hint = HintButton("F2", "найти", bar)
    clicks: list[str] = []
    hint.clicked.connect(lambda: clicks.append("F2"))
    bar.resize(400, 60)
    bar.show()
    hint.resize(hint.sizeHint())
    try:
        qapp.sendPostedEvents()
        words = hint.findChildren(QLabel)[1]
        middle = words.mapTo(bar, words.rect().center())
        QTest.mouseClick(bar.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, middle)
        assert clicks == ["F2"]
    finally:
        bar.close()
        bar.deleteLater()


@pytest.mark.parametrize(("name", "value"), [("alignment", "AlignNowhere"), ("focusPolice", "NoFocus")])
def test_a_trait_that_qt_does_not_know_is_refused(qapp: QApplication, name: str, value: str) -> None:
    assert qapp is not None
    label = QLabel()
    try:
        with pytest.raises(ValueError, match=value):
            set_trait(label, name, value)
    finally:
        label.deleteLater()
