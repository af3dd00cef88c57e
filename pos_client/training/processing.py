"""The door of the shop's loyalty processing: Mindbox API v3 addresses, keys, idempotency, sync and async calls."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from pos_client.training.accounts import Accounts
from pos_client.training.conditions import Conditions
from pos_client.training.ledger import Ledger
from pos_client.training.loyalty_orders import LoyaltyOrders, UnknownOrderError
from pos_client.training.mailbox import Mailbox, WrongCodeError
from pos_client.training.members import Members
from pos_client.training.processing_wire import (
    ProcessingNames,
    ProtocolError,
    Refusal,
)
from pos_client.training.store import Store
from pos_client.training.switches import Switches
from pos_client.training.wire import Answer, JsonObject, instant

__all__ = ["Processing"]

_SUCCESS: JsonObject = {"status": "Success"}
_DUPLICATE: JsonObject = {"status": "TransactionAlreadyProcessed"}
_KEYED_WHEN_SYNC = ("create", "offline")


class _OnlyCheckedError(Exception):
    """Ends a rehearsal: everything that it did is rolled back."""


class Processing:
    """State and rules of the processing; one method per operation, one entry for all of them.

    `async_errors_visible` (on) lets an asynchronous call answer with its refusal: the real service would say Success
    and write the error into a log that a till cannot read. `remember_cancelled` (on) refuses a create that arrives
    after its own cancel. `async_delay` in seconds postpones asynchronous execution. `switches` are rules that a project
    decides.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        clock: Callable[[], datetime],
        *,
        names: ProcessingNames,
        conditions: Conditions,
        postpone: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self.async_errors_visible = True
        self.remember_cancelled = True
        self.async_delay = 0.0
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._names = names
        self._conditions = conditions
        self._postpone = postpone
        self.switches = switches = Switches()
        members = Members(store, ledger, clock, names=names, conditions=conditions, switches=switches)
        self.mailbox = mailbox = Mailbox(store, members, clock, conditions.codes)
        accounts = Accounts(store, ledger, members, clock, names=names, conditions=conditions, switches=switches)
        self._orders = orders = LoyaltyOrders(
            store, ledger, members, clock, names=names, conditions=conditions, mailbox=mailbox, switches=switches
        )
        self._roles: Mapping[str, Callable[[JsonObject, str], JsonObject]] = {
            "lookup": members.lookup,
            "candidates": members.candidates,
            "join": members.join,
            "send-code": mailbox.send_code,
            "check-code": mailbox.check_code,
            "notice": mailbox.notice,
            "preorder": orders.preorder,
            "create": orders.create,
            "status": orders.status,
            "offline": orders.offline,
            "return": orders.returned,
            "order": accounts.order,
            "history": accounts.history,
        }

    def role(self, operation: str) -> str:
        """What an operation of this name does; empty for an unknown one."""
        return self._names.operations.get(operation, "")

    def operations(self) -> tuple[str, ...]:
        """Names of every operation that the project has."""
        return tuple(self._names.operations)

    def call(self, mode: str, query: Mapping[str, str], authorization: str, body: bytes, quirk: str) -> Answer:
        """Execute one request of `/v3/operations/{mode}`."""
        operation, transaction_id = query.get("operation", ""), query.get("transactionId", "").lower()
        try:
            self._authorize(query.get("endpointId", ""), authorization)
            if not self.role(operation):
                raise ProtocolError(f"Операция {operation!r} не найдена")
            if transaction_id and not self._names.is_guid(transaction_id):
                raise ProtocolError("transactionId должен быть GUID")
            content = _parsed(body)
            if mode == "async":
                return self._call_async(operation, transaction_id, content, quirk)
            return self._call_sync(operation, transaction_id, content, quirk)
        except Refusal as refusal:
            return refusal.answer

    def _authorize(self, endpoint: str, authorization: str) -> None:
        if not authorization:
            raise ProtocolError("Не указан секретный ключ", 401)
        keys = (f"SecretKey {self._names.secret_key}", f'Mindbox secretKey="{self._names.secret_key}"')
        if authorization not in keys:
            raise ProtocolError("Неверный секретный ключ", 403)
        if endpoint != self._names.endpoint:
            raise ProtocolError(f"Точка интеграции {endpoint!r} не найдена", 403)

    def _call_sync(self, operation: str, transaction_id: str, body: JsonObject, quirk: str) -> Answer:
        keyed = transaction_id if self.role(operation) in _KEYED_WHEN_SYNC else ""
        if self._is_duplicate(keyed):
            return Answer(200, dict(_DUPLICATE))
        return Answer(200, self._execute(operation, keyed, body, quirk))

    def _call_async(self, operation: str, transaction_id: str, body: JsonObject, quirk: str) -> Answer:
        if self._is_duplicate(transaction_id):
            self._log(operation, transaction_id, f"Транзакция с идентификатором {transaction_id} уже была обработана")
            return Answer(200, dict(_SUCCESS))
        if self.async_delay and self.async_errors_visible:
            self._rehearse(operation, body)
        if self.async_delay:
            self._postpone(self.async_delay, lambda: self._execute_late(operation, transaction_id, body))
            return Answer(200, dict(_SUCCESS))
        try:
            self._execute(operation, transaction_id, body, quirk)
        except Refusal as refusal:
            self._log(operation, transaction_id, str(refusal))
            if self.async_errors_visible:
                raise
        return Answer(200, dict(_SUCCESS))

    def _execute_late(self, operation: str, transaction_id: str, body: JsonObject) -> None:
        try:
            if not self._is_duplicate(transaction_id):
                self._execute(operation, transaction_id, body, "")
        except Refusal as refusal:
            self._log(operation, transaction_id, str(refusal))

    def _rehearse(self, operation: str, body: JsonObject) -> None:
        with suppress(_OnlyCheckedError), self._store.transaction():
            self._execute(operation, "", body, "")
            raise _OnlyCheckedError

    def _execute(self, operation: str, transaction_id: str, body: JsonObject, quirk: str) -> JsonObject:
        """All or nothing; the key is recorded only when the operation succeeded."""
        try:
            with self._store.transaction():
                answer = self._roles[self.role(operation)](body, quirk)
                if transaction_id:
                    self._store.run(
                        "INSERT INTO transactions VALUES (?, ?, ?)", transaction_id, operation, instant(self._clock())
                    )
                return answer
        except UnknownOrderError as unknown:
            if unknown.cancels and self.remember_cancelled:
                self._orders.remember_cancelled(unknown.order)
            raise
        except WrongCodeError as wrong:
            self.mailbox.count_wrong(wrong.phone)
            raise

    def _is_duplicate(self, transaction_id: str) -> bool:
        if not transaction_id:
            return False
        return self._store.one("SELECT 1 FROM transactions WHERE id = ?", transaction_id) is not None

    def _log(self, operation: str, transaction_id: str, message: str) -> None:
        self._store.run(
            "INSERT INTO processing_log (at, operation, transaction_id, message) VALUES (?, ?, ?, ?)",
            instant(self._clock()),
            operation,
            transaction_id,
            message,
        )


def _parsed(body: bytes) -> JsonObject:
    try:
        content = json.loads(body)
    except ValueError as error:
        raise ProtocolError("Тело запроса не является JSON") from error
    if not isinstance(content, dict):
        raise ProtocolError("Тело запроса не является объектом JSON")
    return content
