"""The form of joining the programme: what is typed, what is agreed to, the code, and the welcome."""

from dataclasses import dataclass

from pos_client.counter.state import CodeAsked, CounterState, Joining, JoinStep
from pos_client.domain.joining import NEEDED, ConsentText
from pos_client.ui.code_screen import code_note
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.joining_entry import AT_NAME, AT_PHONE, JoinForm, spoken_phone
from pos_client.ui.loyalty_gestures import too_soon
from pos_client.ui.parts_screen import Badge, Button, Field, Look, Note, Tone, note_of
from pos_client.ui.wording import counted, number

__all__ = ["JoinScreen", "Tick", "joining", "whole_texts"]

_LONGEST_START = 105
"""Signs of a consent that are read without asking for the whole of it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One consent."""

    place: int
    title: str
    start: str
    """How its text begins."""
    badge: Badge
    on: bool
    active: bool
    """The space bar ticks this one."""


@dataclass(frozen=True, slots=True)
class JoinScreen:
    """What lies beside the sale while somebody joins."""

    heading: str
    badge: Badge
    detail: str = ""
    fields: tuple[Field, ...] = ()
    ticks: tuple[Tick, ...] = ()
    note: Note | None = None
    buttons: tuple[tuple[Button, ...], ...] = ()
    name: str = ""
    """Of the new member: personal data, masked wherever it is written down."""
    balance_label: str = ""
    balance: str = ""


def joining(state: CounterState, entry: Entry) -> JoinScreen | None:
    """The form at this moment; None when nobody joins."""
    now = state.joining
    if now is None:
        return None
    match now.step:
        case JoinStep.FORM:
            return _form(now, entry)
        case JoinStep.CODE:
            return _code(state, now, entry)
        case JoinStep.DONE:
            return _done(now)


def whole_texts(state: CounterState, entry: Entry) -> tuple[str, ...]:
    """The consent where the hands are, or else every one, from the first word to the last, with its version."""
    texts = state.joining.texts if state.joining is not None else ()
    at = entry.join.at - AT_NAME - 1 if entry.join is not None else -1
    wanted = texts[at : at + 1] if at >= 0 else texts
    return tuple(f"{text.title}\n{text.text.strip()}\nРедакция {text.version}" for text in wanted)


def _form(now: Joining, entry: Entry) -> JoinScreen:
    form = entry.join or JoinForm()
    here = entry.mode is Mode.JOIN
    return JoinScreen(
        heading="Вступление в CDEK ID",
        badge=Badge("Шаг 1 из 2", Tone.SUBTLE),
        detail="На оплату согласия не влияют. Пробел — отметить, F1 — прочитать целиком.",
        fields=(
            Field(
                "Мобильный телефон клиента",
                spoken_phone(form.phone),
                placeholder="+7, на него придёт код",
                tone=Tone.DANGER if entry.note and here and form.at == AT_PHONE else Tone.PLAIN,
                active=here and form.at == AT_PHONE,
            ),
            Field("Имя", form.name, placeholder="можно не указывать", active=here and form.at == AT_NAME),
        ),
        ticks=tuple(_tick(at, text, form, here=here) for at, text in enumerate(now.texts, AT_NAME + 1)),
        note=_form_note(now, entry, here=here),
        buttons=(
            (
                Button(Ask.JOIN, "Отправить код", "F3", Look.CONTRAST, not now.busy, "Код отправляется."),
                Button(Ask.PUT_OFF, "Закрыть", "Esc"),
            ),
        ),
    )


def _tick(place: int, text: ConsentText, form: JoinForm, *, here: bool) -> Tick:
    needed = text.purpose in NEEDED
    return Tick(
        place=place,
        title=text.title,
        start=_start(text.text),
        badge=Badge("нужно для вступления", Tone.SUBTLE) if needed else Badge("по желанию", Tone.INFO),
        on=text.purpose in form.purposes,
        active=here and form.at == place,
    )


def _start(text: str) -> str:
    words = " ".join(text.split())
    if len(words) <= _LONGEST_START:
        return words
    return words[:_LONGEST_START].rpartition(" ")[0].rstrip(" ,.;:—-") + "…"


def _form_note(now: Joining, entry: Entry, *, here: bool) -> Note | None:
    if now.busy:
        return Note(Tone.INFO, "Отправляем код…")
    if here and entry.note:
        return Note(Tone.WARNING, entry.note)
    if now.trouble is not None:
        return note_of(now.trouble, Tone.WARNING)
    return None


def _code(state: CounterState, now: Joining, entry: Entry) -> JoinScreen:
    here = entry.mode is Mode.JOIN_CODE
    code = now.code
    wait = too_soon(code, state.now) if code is not None and now.trouble is None else 0
    return JoinScreen(
        heading="Вступление в CDEK ID",
        badge=Badge("Шаг 2 из 2", Tone.SUBTLE),
        detail="Код подтверждает телефон и согласия. Его называет сам клиент.",
        fields=(
            Field(
                f"Код из SMS на {now.phone}" if now.phone else "Код из SMS",
                entry.text if here else "",
                placeholder="что прочитает клиент",
                tone=Tone.DANGER if here and entry.note else Tone.PLAIN,
                active=here,
            ),
        ),
        note=_code_words(now, code, entry, here=here),
        buttons=(
            (Button(Ask.CONFIRM, "Вступить", "Enter", Look.CONTRAST, here and not now.busy, "Секунду."),),
            (
                Button(
                    Ask.JOIN,
                    f"Ещё раз через {wait} с" if wait else "Отправить ещё раз",
                    "F3",
                    enabled=not wait and not now.busy,
                    reason="Код уже в пути.",
                ),
                Button(Ask.PUT_OFF, "К анкете", "Esc"),
            ),
        ),
    )


def _code_words(now: Joining, code: CodeAsked | None, entry: Entry, *, here: bool) -> Note | None:
    if now.busy:
        return Note(Tone.INFO, "Секунду, проверяем…")
    if here and entry.note:
        return Note(Tone.WARNING, entry.note)
    if now.trouble is not None:
        return note_of(now.trouble, Tone.WARNING)
    return code_note(code) if code is not None else None


def _done(now: Joining) -> JoinScreen:
    who = now.customer
    balance = who.balance if who is not None else None
    some = balance is not None and bool(balance.available)
    return JoinScreen(
        heading="Клиент в программе",
        badge=Badge("Готово", Tone.GOOD),
        detail="CDEK ID работает с этой минуты: код клиента — в его приложении.",
        name=who.name if who is not None else "",
        balance_label="На счёте баллов" if some else "",
        balance=number(balance.available.count) if some and balance is not None else "",
        note=_welcome(now),
        buttons=((Button(Ask.CONFIRM, "Продолжить", "Enter", Look.CONTRAST),),),
    )


def _welcome(now: Joining) -> Note | None:
    balance = now.customer.balance if now.customer is not None else None
    if balance is None or not (balance.available or balance.blocked):
        return Note(Tone.INFO, "Приветственных баллов сервер не назвал.", "Если они положены, придут сами.")
    if not balance.available:
        return Note(Tone.GOOD, counted(balance.blocked.count, "балл", "балла", "баллов"), "на счёте откроются позже.")
    return Note(Tone.GOOD, "Баллами уже можно платить.", "Скажите клиенту, сколько их на счёте.")
