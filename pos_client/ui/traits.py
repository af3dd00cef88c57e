"""Traits of widgets by Qt's own names of them, so that the first paint need not load the namespace `Qt`.

To name `Qt` at all, PySide makes every enumeration in it: a fifth of what a bare window costs. What is executed before
the first paint goes through here; what comes after it says `QtCore.Qt`.
"""

from PySide6.QtCore import QObject

__all__ = ["set_trait"]


def set_trait(target: QObject, name: str, value: str) -> None:
    """Set the property `name` to the value that Qt calls so, e.g. `focusPolicy` to `NoFocus`, or flags to `A|B`.

    Raises:
        ValueError: Qt knows no such property of the target, or no such value.
    """
    if target.metaObject().indexOfProperty(name) < 0 or not target.setProperty(name, value):
        raise ValueError(f"{target.metaObject().className()} has no {name} {value}")
