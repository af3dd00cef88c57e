"""Draws the counter while there is a customer at it."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from pos_client.ui.customer_view import CustomerView
from pos_client.ui.money_view import MoneyView
from pos_client.ui.order_view import OrderView
from pos_client.ui.qr_view import QrView
from pos_client.ui.sale_screen import CounterScreen
from pos_client.ui.theme import Theme

__all__ = ["CounterView"]


class CounterView(QWidget):
    """Three cards: who, what, how much."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.customer = CustomerView(theme, self)
        self.order = OrderView(theme, self)
        self.money = MoneyView(theme, self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.metrics["gap"])
        for view in (self.customer, self.order, self.money):
            line.addWidget(view)
            kept = view.sizePolicy()
            kept.setRetainSizeWhenHidden(True)
            view.setSizePolicy(kept)
        self._line = line
        self.qr = QrView(theme, self)
        """In the place of the order while the customer is to scan it."""
        self.qr.hide()
        self._large = theme.scale > 1
        self._needs_width = False
        """The customer's card has words to be read."""
        self.squeeze(dense=False)

    def show_counter(self, screen: CounterScreen) -> None:
        """Draw it."""
        self._needs_width = screen.customer.code_note is not None or screen.customer.note is not None
        self._share_width()
        self.customer.show_customer(screen.customer)
        self.order.show_order(screen.order)
        self.money.show_money(screen.money)
        if screen.qr is not None:
            self.qr.show_qr(screen.qr)
        self.qr.setVisible(screen.qr is not None)
        self.order.setVisible(screen.qr is None)

    def event(self, event: QEvent) -> bool:
        """The code follows the card whose place it takes: a hidden card hears of its new place too late."""
        done = super().event(event)
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest}:
            self._line.activate()
            self.qr.setGeometry(self.order.geometry())
        return done

    def place_beside_the_money(self, *, joining: bool) -> QWidget:
        """Which of the cards gives its place away while somebody joins: what lies under another card cannot be pressed.

        With large text the form needs the place of two. The returned card is the leftmost of them.
        """
        wide = joining and self._large
        self.customer.setVisible(not wide)
        self.order.setVisible(not joining and self.qr.isHidden())
        return self.customer if wide else self.order

    def _share_width(self) -> None:
        shares = (300, 588, 430)
        if self._dense and self._large:
            shares = (434, 350, 510) if self._needs_width else (350, 404, 540)
        for at, share in enumerate(shares):
            self._line.setStretch(at, share)

    def squeeze(self, *, dense: bool) -> None:
        """On a small screen with large text the money needs more of the width, and boxes less of the height."""
        self._dense = dense
        self._share_width()
        for view in (self.customer, self.order, self.money, self.qr):
            view.squeeze(dense=dense)
