"""Pictures of the main states of the screen, for eyes: `GALLERY=folder python tests/ui/gallery.py`."""

import os
import sys
from dataclasses import replace
from datetime import UTC
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from pos_client.counter.state import Arrival, CounterState, LightState, WaitFor
from pos_client.domain import choosing
from pos_client.domain.customer import Standing
from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.sale import Sale
from pos_client.ports import Service
from pos_client.ui.entry import Entry, Mode
from pos_client.ui.sale_screen import present
from pos_client.ui.theme import Scheme, apply_theme, load_theme
from pos_client.ui.window import PosWindow
from tests.ui import counter_states as given
from tests.ui import loyalty_states, paper_states, refund_states, surplus_states, tender_states

WIDTH, HEIGHT = 1366, 768
EVERY_LIGHT = (Service.TERMINAL, Service.SBP)
STOPPED = ("refused", "trouble", "refused-outage", "unknown-outage")
TURNS_TO_SETTLE = 12  # a change of width climbs through the layouts one level a turn


def states() -> dict[str, tuple[CounterState, Entry]]:
    """Every state that is worth a look, by the name of its picture."""
    down = given.lights(processing=LightState.DOWN)
    outage = given.counter(sale=given.an_outage_sale(), lights=down)
    unknown = given.a_paid_sale()
    long_order = given.an_order(
        lines=tuple(
            replace(
                line, id=str(at), name=f"{line.name} с очень длинным названием, которое не помещается в одну строку"
            )
            for at, line in enumerate(given.lines() * 4)
        )
    )
    refused = given.an_unfinished_sale().troubled(given.UNKNOWN_RECEIPT)
    fields: dict[str, tuple[CounterState, Entry]] = {
        "idle": (given.counter(last=given.a_done_sale(), last_points=Arrival.ARRIVED), Entry()),
        "idle-first": (given.counter(), Entry(listening=False)),
        "idle-find": (given.counter(), Entry(mode=Mode.FIND, text="11061534")),
        "idle-copy": (given.counter(last=given.a_done_sale(printed=False), last_points=Arrival.WAITING), Entry()),
        "sale": (given.counter(sale=given.a_sale()), Entry()),
        "sale-no-points": (given.counter(sale=given.a_sale(0)), Entry()),
        "sale-discounts": (
            given.counter(sale=choosing.quoted(given.a_sale(), given.discounted(given.an_order()), order_id="1")),
            Entry(),
        ),
        "sale-long": (given.counter(sale=given.a_sale(0, order=long_order)), Entry(note="Карта пока не принимается.")),
        "cash": (given.counter(sale=given.a_sale()), Entry(mode=Mode.CASH, text="3000")),
        "cash-exact": (given.counter(sale=given.a_sale()), Entry(mode=Mode.CASH)),
        "cash-doubt": (
            given.counter(sale=given.a_sale()),
            Entry(
                mode=Mode.CASH, text="30000", doubted=True, note="Получено 30 000 ₽ при оплате 2 500 ₽? Если так — F5."
            ),
        ),
        "part": (given.counter(sale=given.a_sale()), Entry(mode=Mode.PART, text="1000")),
        "part-cash": (given.counter(sale=given.a_sale()), Entry(mode=Mode.CASH, part=given.roubles(1000), text="500")),
        "points": (given.counter(sale=given.a_sale()), Entry(mode=Mode.POINTS, text="200")),
        "outage": (given.with_queue(outage), Entry()),
        "light": (given.counter(lights=given.lights(register=LightState.ATTENTION)), Entry(light=Service.ORDERS)),
        "lights-all": (given.counter(lights=given.lights(*EVERY_LIGHT)), Entry()),
        "lights-training": (given.counter(training=True, lights=given.lights(*EVERY_LIGHT)), Entry()),
        "lights-ill": (
            given.with_queue(
                given.counter(
                    training=True,
                    lights=given.lights(
                        *EVERY_LIGHT,
                        orders=LightState.DOWN,
                        processing=LightState.DOWN,
                        register=LightState.ATTENTION,
                        terminal=LightState.WEAK,
                    ),
                )
            ),
            Entry(light=Service.REGISTER),
        ),
        "slow": (given.counter(sale=given.a_sale(0), wait=given.waiting(WaitFor.QUOTE)), Entry()),
        "unknown": (given.counter(sale=unknown, wait=given.waiting(WaitFor.RECEIPT_CHECK, 3)), Entry()),
        "trouble": (given.counter(sale=unknown.troubled(given.UNKNOWN_RECEIPT)), Entry()),
        "refused": (given.counter(sale=refused), Entry()),
        "refused-outage": (
            given.counter(
                sale=given.stopped_sale(), lights=given.lights(processing=LightState.DOWN, register=LightState.DOWN)
            ),
            Entry(),
        ),
        "unknown-outage": (given.counter(sale=unknown.troubled(given.LONG_TROUBLE), lights=down), Entry()),
        "carried": (given.counter(sale=given.carried_sale()), Entry()),
        "unfinished-cancel": (given.counter(unfinished=(given.an_unfinished_sale(),)), Entry(mode=Mode.CANCEL)),
        "empty-key": (given.counter(), Entry(note="Сначала сканируйте заказ.")),
        "cancel": (given.counter(sale=refused), Entry(mode=Mode.CANCEL)),
        "queue": (given.with_queue(given.counter(lights=down)), Entry(queue_open=True)),
        "queue-reason": (
            given.with_queue(given.counter(lights=down)),
            Entry(queue_open=True, row="offline:a", mode=Mode.REASON, text="начислили вручную, обращение 1234"),
        ),
        "queue-old": (given.aged(80, lights=down), Entry(queue_open=True)),
        "queue-denied": (
            replace(
                given.with_queue(given.counter(lights=down)),
                lanes=(given.a_lane(count=3, since=given.NOW, paused=True), given.a_lane(Service.ORDERS)),
            ),
            Entry(queue_open=True),
        ),
        "idle-late": (given.aged(2), Entry()),
        "idle-old": (given.aged(30), Entry()),
        "queue-empty": (given.counter(), Entry(queue_open=True)),
        "unfinished": (given.counter(unfinished=(given.an_unfinished_sale(), given.a_paid_sale())), Entry()),
        "notice": (given.counter(notice=given.NOTICE), Entry()),
        "help": (given.counter(sale=given.a_sale()), Entry(help_open=True)),
        "training": (given.counter(training=True, sale=given.a_sale()), Entry(mode=Mode.FIND, text="4815")),
        "customer-only": (given.counter(sale=_without_order()), Entry()),
        "other-office": (
            given.counter(sale=given.a_sale(order=given.an_order(origin_office="SPB2"))),
            Entry(),
        ),
    }
    for what in (Standing.NOT_FOUND, Standing.AMBIGUOUS, Standing.BLOCKED):
        bare = replace(given.a_sale(0), customer=given.standing(what))
        sale = choosing.quoted(bare, base_quote(given.an_order(), Earning.NOT_MEMBER), order_id="1")
        fields[what.value.replace("_", "-")] = (given.counter(sale=sale), Entry())
    pages = (loyalty_states, paper_states, refund_states, surplus_states, tender_states)
    return fields | {name: state for each in pages for name, state in each.states().items()}


def _without_order() -> Sale:
    return replace(given.a_sale(0), order=None, quote=None)


def draw(
    folder: Path,
    scheme: Scheme,
    scale: float,
    suffix: str,
    *,
    names: frozenset[str] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> None:
    """Draw the named states (all of them by default) into the folder."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([])
    theme = load_theme(scheme, scale)
    apply_theme(app, theme)
    window = PosWindow(theme)
    window.resize(*size)
    window.show()
    for name, (state, entry) in states().items():
        if names is not None and name not in names:
            continue
        window.show_screen(present(state, entry, zone=UTC))
        for _ in range(TURNS_TO_SETTLE):
            app.sendPostedEvents()
        window.grab().save(str(folder / f"{name}{suffix}.png"))
    window.close()
    window.deleteLater()


if __name__ == "__main__":
    target = Path(os.environ["GALLERY"])
    target.mkdir(parents=True, exist_ok=True)
    draw(target, Scheme.LIGHT, 1.0, "")
    few = frozenset(
        {"sale", "cash", "outage", "queue", "queue-old", "idle", "idle-old", "points", "unfinished", *STOPPED}
    )
    pages = (loyalty_states, paper_states, refund_states, surplus_states, tender_states)
    more = few.union(*(page.states() for page in pages))
    draw(target, Scheme.DARK, 1.0, "-dark", names=more)
    draw(target, Scheme.LIGHT, 1.5, "-150", names=more)
    draw(target, Scheme.LIGHT, 1.0, "-wide", names=few, size=(1920, 1080))
    draw(target, Scheme.LIGHT, 1.0, "-low", names=few, size=(1280, 720))
    draw(target, Scheme.LIGHT, 1.0, "-narrow", names=few, size=(1000, 700))
    draw(target, Scheme.LIGHT, 1.0, "-least", names=few, size=(960, 600))
    draw(target, Scheme.LIGHT, 1.0, "-bar", names=few, size=(1366, 698))
