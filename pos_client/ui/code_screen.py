"""How a code fares that was sent to the customer's phone: the same words wherever it is typed."""

from pos_client.counter.state import CodeAsked
from pos_client.ui.parts_screen import Note, Tone
from pos_client.ui.wording import NBSP

__all__ = ["code_note"]


def code_note(code: CodeAsked) -> Note | None:
    """What is to be said of it: on its way, wrong and how often still, or what stands in the way."""
    if code.busy:
        return Note(Tone.INFO, "Секунду…")
    if code.wrong >= code.most:
        return Note(Tone.WARNING, "Этот код больше не подойдёт.", "Отправьте новый или продолжайте без него.")
    if code.trouble is not None:
        return Note(Tone.WARNING, code.trouble.what, code.trouble.action)
    if code.wrong:
        return Note(Tone.WARNING, "Код не подошёл.", f"Осталось попыток:{NBSP}{code.most - code.wrong}.")
    return None
