"""The command line of the till: what was asked for, the event loop under it, and the hooks that miss no bug."""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pos_client.logs import catch_bugs, start_logging
from pos_client.places import Glance, data_folder, glance, key_file

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from pos_client.app import Cipher, Till
    from pos_client.conditions.standing import Standing
    from pos_client.settings import Settings
    from pos_client.train import ShopProcess
    from pos_client.ui.shell import Shell

__all__ = ["main"]

_GOOD, _BAD, _WRONG_USE = 0, 1, 2
_SHOP_PORT = 8548
# As the settings have them, which are too heavy to be asked here.
_TAXATIONS = ("osn", "usnIncome", "usnIncomeOutcome", "esn", "patent")


@dataclass(frozen=True, slots=True)
class _Job:
    """What the command line asked the window to be."""

    training: bool
    config: Path | None
    screen_log: Path | None
    theme: str
    scale: float
    tour: Path | None = None
    fresh: bool = False
    port: int = 0


def main(arguments: list[str] | None = None) -> int:
    """Run the program; the exit code is 0 when all was well, 1 when something failed, 2 when it was used wrongly."""
    chosen = _parser().parse_args(arguments)
    if chosen.command == "doctor":
        return _doctor(chosen.config, chosen.member, as_json=chosen.json)
    if chosen.command == "conditions":
        return _conditions(chosen.words)
    if chosen.command == "correct":
        return _correct(chosen)
    if chosen.command == "train":
        return _train(chosen)
    return _window(_job(chosen))


def _train(chosen: argparse.Namespace) -> int:
    if chosen.shop_only:
        return _shop(chosen)
    if chosen.sheet:
        return _sheet(chosen.sheet)
    if chosen.document is not None:
        return _correct_in_training(chosen)
    return _window(_job(chosen))


def _job(chosen: argparse.Namespace) -> _Job:
    training = chosen.command == "train"
    return _Job(
        training=training,
        config=chosen.config,
        screen_log=chosen.screen_log,
        theme=chosen.theme,
        scale=chosen.scale,
        tour=chosen.tour if training else None,
        fresh=training and chosen.fresh,
        port=chosen.port if training else 0,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pos-client", description="Касса ПВЗ")
    parser.add_argument("--version", action=_Version, help="какая версия")
    _add_window_words(parser)
    commands = parser.add_subparsers(dest="command", metavar="команда")
    train = commands.add_parser("train", help="учебная касса вместе с учебным магазином")
    _add_window_words(train)
    train.add_argument("--shop-only", action="store_true", help="только магазин, без кассы")
    train.add_argument("--port", type=int, default=_SHOP_PORT, help="порт магазина на этой машине, 0 — любой свободный")
    train.add_argument("--data", type=Path, help="папка с данными магазина (с --shop-only)")
    train.add_argument("--until-stdin-ends", action="store_true", help=argparse.SUPPRESS)
    train.add_argument("--fresh", action="store_true", help="начать с исходных людей и заказов")
    train.add_argument("--tour", type=Path, metavar="ПАПКА", help="показать кассу самой: снимки экрана и протокол")
    train.add_argument("--sheet", type=Path, metavar="PDF", help="лист кодов для сканера")
    train.add_argument("--correct", dest="document", type=int, metavar="НОМЕР", help="исправить чек учебной продажи")
    train.add_argument(
        "--taxation", choices=_TAXATIONS, default="osn", help="какой системе налогообложения быть (только с --correct)"
    )
    _add_correct_words(train)
    doctor = commands.add_parser("doctor", help="проверить версии, настройки, службы, базы и имена проекта")
    doctor.add_argument("--config", type=Path, default=None, metavar="ФАЙЛ", help="файл настроек")
    doctor.add_argument("--member", default="", metavar="КОД", help="код CDEK ID участника: по нему видно больше")
    doctor.add_argument("--json", action="store_true", help="ответ для программы")
    correct = commands.add_parser(
        "correct", help="исправить неверный чек продажи этой кассы: обратный чек коррекции и верный"
    )
    correct.add_argument("--config", type=Path, default=None, metavar="ФАЙЛ", help="файл настроек")
    correct.add_argument("--document", type=int, required=True, metavar="НОМЕР", help="номер ФД неверного чека")
    _add_correct_words(correct)
    conditions = commands.add_parser("conditions", add_help=False, help="условия от управляющей компании")
    conditions.add_argument("words", nargs=argparse.REMAINDER)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that costs more than a tenth of a window."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib import metadata  # noqa: PLC0415 - a rare guest

        _print(f"pos-client {metadata.version('pos-client')}")
        parser.exit()


def _add_window_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=None, metavar="ФАЙЛ", help="файл настроек")
    parser.add_argument("--screen-log", type=Path, default=None, metavar="ФАЙЛ", help="записывать экран и действия")
    parser.add_argument("--theme", choices=("light", "dark", "system"), default="", help="тема вместо настроенной")
    parser.add_argument("--scale", type=float, default=0.0, help="размер текста вместо настроенного, например 1.5")


def _add_correct_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fn", default="", metavar="НОМЕР", help="фискальный накопитель, если таких чеков несколько")
    parser.add_argument("--undo", action="store_true", help="чека не должно быть вовсе: только снять его")
    parser.add_argument("--why", default="", metavar="ПРИЧИНА", help="что было неверно; печатается на чеке коррекции")
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument(
        "--paper", type=int, default=None, metavar="НОМЕР", help="чек коррекции, о котором касса молчит, вышел: его ФД"
    )
    answers.add_argument("--no-paper", dest="paper", action="store_const", const=0, help="его нет, подписываю: пробить")


# ---------------------------------------------------------------------------------------------- without a window


def _doctor(config: Path | None, member: str, *, as_json: bool) -> int:
    from pos_client.doctor import examine, is_healthy, report  # noqa: PLC0415 - the window must not pay for it

    findings = asyncio.run(examine(config, member))
    _print(report(findings, as_json=as_json))
    return _GOOD if is_healthy(findings) else _BAD


def _conditions(words: list[str]) -> int:
    from pos_client.conditions.command import main as conditions  # noqa: PLC0415 - the same

    return conditions(words, _print)


def _correct(chosen: argparse.Namespace) -> int:
    from pos_client.correct import Wanted, real_place  # noqa: PLC0415 - the same
    from pos_client.correct import main as correct  # noqa: PLC0415 - the same

    wanted = Wanted(chosen.document, chosen.fn, chosen.undo, chosen.why, chosen.paper)
    return correct(lambda: real_place(chosen.config), wanted, _print)


def _correct_in_training(chosen: argparse.Namespace) -> int:
    from pos_client.correct import Place, Wanted  # noqa: PLC0415 - the same
    from pos_client.correct import main as correct  # noqa: PLC0415 - the same
    from pos_client.train import ShopError, ShopProcess, taxed, training_settings  # noqa: PLC0415 - the same

    folder = data_folder(glance(chosen.config).data_folder, training=True)
    wanted = Wanted(chosen.document, chosen.fn, chosen.undo, chosen.why, chosen.paper)
    shop = ShopProcess(folder / "shop")
    try:
        settings = taxed(training_settings(shop.wait_for_url()), chosen.taxation)
        return correct(lambda: Place(settings, folder, folder / "queue.key", training=True), wanted, _print)
    except ShopError as error:
        _print(str(error), to_error=True)
        return _WRONG_USE
    finally:
        shop.stop()


def _shop(chosen: argparse.Namespace) -> int:
    from pos_client.training.__main__ import main as shop  # noqa: PLC0415 - the same

    if not chosen.data and not chosen.until_stdin_ends:
        own = data_folder(glance(chosen.config).data_folder, training=True) / "shop"
        _print(
            "Это новый магазин: продаж учебной кассы в нём нет, и с остановкой он забудет всё. Магазин учебной кассы,"
            f" пока она закрыта: --data {own}",
            to_error=True,
        )
    words = ["--port", str(chosen.port)]
    words += ["--data", str(chosen.data)] if chosen.data else []
    words += ["--reset"] if chosen.fresh else []
    words += ["--until-stdin-ends"] if chosen.until_stdin_ends else []
    return shop(words)


def _sheet(path: Path) -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415 - only windows and sheets need Qt

    from pos_client.training.sheet import sheet_codes  # noqa: PLC0415 - the same
    from pos_client.ui.sheet import write_sheet  # noqa: PLC0415 - the same

    app = QApplication(sys.argv[:1])
    try:
        write_sheet(path, sheet_codes())
    except OSError as error:
        _print(f"Лист кодов не записан: {error}", to_error=True)
        return _BAD
    finally:
        app.shutdown()
    _print(f"Лист кодов: {path}")
    return _GOOD


# ------------------------------------------------------------------------------------------------ with a window


def _window(job: _Job) -> int:
    return _on(_application(), job)


def _application() -> "QApplication":
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415 - only windows need Qt

    # Told before, Qt begins with the style that the theme wants, and nobody has to ask for it.
    os.environ["QT_STYLE_OVERRIDE"] = "Fusion"
    return QApplication(sys.argv[:1])


def _on(app: "QApplication", job: _Job) -> int:
    from pos_client.ui.loop import run  # noqa: PLC0415 - only windows need Qt

    app.setApplicationName("pos-client")
    app.setApplicationDisplayName("Касса ПВЗ")
    seen = glance(job.config)
    with _folder(job, seen) as folder:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            start_logging(folder)
        except OSError as error:
            _print(f"Папка данных {folder} не годится: {error.strerror}.", to_error=True)
            return _WRONG_USE
        catch_bugs()
        return run(app, lambda stop: _live(app, job, folder, seen, stop))


@contextmanager
def _folder(job: _Job, seen: Glance) -> Iterator[Path]:
    """Where the till keeps its data; that of a tour goes with it."""
    if not job.tour:
        yield data_folder(seen.data_folder, training=job.training)
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - a rare guest

    with TemporaryDirectory(prefix="pos-tour-") as scratch:
        yield Path(scratch)


async def _live(app: "QApplication", job: _Job, folder: Path, seen: Glance, stop: asyncio.Event) -> int:
    """The window first, everything heavy in a thread after it is painted, then the till until it is closed."""
    from pos_client.ui.shell import Look, Shell  # noqa: PLC0415 - only windows need Qt
    from pos_client.ui.single_instance import SingleInstance  # noqa: PLC0415 - the same

    instance = SingleInstance(folder)
    if not instance.acquire():
        instance.show_the_first()
        _print(f"На этой папке данных уже работает касса ({instance.holder()}): она вызвана на экран.", to_error=True)
        return _BAD
    if job.fresh:
        _forget_practice(folder)
    shell = Shell(app, Look(job.theme or seen.theme, job.scale or seen.scale))
    instance.asked_to_show.connect(shell.come_to_front)
    shell.show(maximised=job.tour is None)
    shop: list[ShopProcess] = []
    try:
        await shell.painted()
        instance.hear()
        try:
            ready = await asyncio.to_thread(_prepare, job, folder, shop)
            till = _till(ready, folder, job)
        except _NotStartedError as error:
            await _tell(shell, str(error), stop)
            return _WRONG_USE
        async with till:
            shell.attach(till.desk, lookup=till.outside.journal.find, screen_log=job.screen_log)
            return await _work(till, shell, job, shop[0].url if shop else "", stop)
    finally:
        await shell.close()
        for process in shop:
            await asyncio.to_thread(process.stop)
        instance.release()


def _forget_practice(folder: Path) -> None:
    """Begin training anew: the shop starts from its first day, and a till that remembers another is no use to it."""
    for pattern in ("journal.sqlite3*", "outbox.sqlite3*", "books.sqlite3*", "conditions/*.json"):
        for file in folder.glob(pattern):
            file.unlink(missing_ok=True)


class _NotStartedError(Exception):
    """The till cannot start; the text is one Russian sentence."""


@dataclass(frozen=True, slots=True)
class _Ready:
    standing: "Standing"
    cipher: "Cipher"


def _prepare(job: _Job, folder: Path, shop: "list[ShopProcess]") -> _Ready:
    """Everything that takes long, away from the window's thread: imports, settings, the key, the training shop."""
    if job.training:
        from pos_client.train import ShopProcess  # noqa: PLC0415 - heavy

        # The shop starts in a process of its own while this one goes on loading.
        shop.append(ShopProcess(folder / "shop", port=0 if job.tour else job.port, fresh=job.fresh))
    from pos_client.app import StartError, make_cipher, real_time, warm_up  # noqa: PLC0415 - heavy
    from pos_client.conditions.standing import Keeper, shelf_of  # noqa: PLC0415 - heavy
    from pos_client.ui.shell import load_the_rest  # noqa: PLC0415 - loaded by now

    load_the_rest()
    warm_up()
    standing = Keeper(_settings(job, shop), shelf_of(folder)).at_start(real_time())
    # Practice needs no secrets kept from the folder it lies in, and leaves nothing elsewhere.
    key = folder / "queue.key" if job.training else key_file()
    try:
        return _Ready(standing, make_cipher(standing.settings, key, training=job.training))
    except StartError as error:
        raise _NotStartedError(str(error)) from error


def _settings(job: _Job, shop: "list[ShopProcess]") -> "Settings":
    from pos_client.settings import SettingsError, load  # noqa: PLC0415 - heavy

    if not shop:
        try:
            return load(job.config)
        except SettingsError as error:
            raise _NotStartedError(str(error)) from error
    from pos_client.train import ShopError, training_settings  # noqa: PLC0415 - heavy

    try:
        return training_settings(shop[0].wait_for_url())
    except ShopError as error:
        raise _NotStartedError(str(error)) from error


def _till(ready: _Ready, folder: Path, job: _Job) -> "Till":
    from pos_client.app import StartError, Till  # noqa: PLC0415 - loaded by now

    try:
        return Till(
            ready.standing.settings, folder, training=job.training, cipher=ready.cipher, standing=ready.standing
        )
    except StartError as error:
        raise _NotStartedError(str(error)) from error


async def _work(till: "Till", shell: "Shell", job: _Job, shop_url: str, stop: asyncio.Event) -> int:
    """Deliver and watch until the window is closed, the process is told to stop, or the tour is over."""
    work = asyncio.create_task(till.run(), name="till")
    ends = [
        asyncio.create_task(shell.closed(), name="closed"),
        asyncio.create_task(stop.wait(), name="stop"),
    ]
    if job.tour:
        ends.append(asyncio.create_task(_tour(till, shell, job.tour, shop_url), name="tour"))
    try:
        done, _ = await asyncio.wait({work, *ends}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except _NotStartedError as error:
        _print(str(error), to_error=True)
        return _BAD
    finally:
        for task in (work, *ends):
            task.cancel()
        await asyncio.gather(work, *ends, return_exceptions=True)
    return _GOOD


async def _tour(till: "Till", shell: "Shell", folder: Path, shop_url: str) -> None:
    from pos_client.train import ShopHand  # noqa: PLC0415 - loaded by now
    from pos_client.ui.tour import Tour, TourFailedError  # noqa: PLC0415 - a rare guest

    try:
        await Tour(shell.window, till.desk, ShopHand(shop_url), folder).walk()
    except TourFailedError as error:
        raise _NotStartedError(f"Экскурсия остановилась: {error}") from error
    _print(f"Экскурсия: {folder}")


async def _tell(shell: "Shell", sentence: str, stop: asyncio.Event) -> None:
    """Say why the till does not start: in the terminal, and to whoever sits before a screen, until told to stop."""
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - loaded by now

    from pos_client.ui.dialogs import Answer, ask  # noqa: PLC0415 - a rare guest

    _print(sentence, to_error=True)
    if QGuiApplication.platformName() == "offscreen":
        return
    told = asyncio.create_task(
        ask(shell.window, "Касса не запустилась", sentence, [Answer("close", "Закрыть")]), name="told"
    )
    ends = (told, asyncio.create_task(stop.wait(), name="stop"))
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
    await asyncio.gather(*ends, return_exceptions=True)


def _print(text: str, *, to_error: bool = False) -> None:
    stream = sys.stderr if to_error else sys.stdout
    if stream is not None:  # a windowed build on Windows has neither
        stream.write(text + "\n")
        stream.flush()


if __name__ == "__main__":
    sys.exit(main())
