"""The till's configuration: one TOML file, checked once at start; a mistake is one sentence that names the key."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pos_client.places import settings_file

__all__ = [
    "REQUIRED",
    "ConditionsSection",
    "CounterSection",
    "LookSection",
    "OrdersSection",
    "ProcessingSection",
    "QueueSection",
    "RegisterSection",
    "SbpSection",
    "ScannerSection",
    "Settings",
    "SettingsError",
    "TerminalSection",
    "TillSection",
    "load",
    "mistake",
]

REQUIRED: Final = (
    ("till", "office"),
    ("orders", "address"),
    ("orders", "client_id"),
    ("orders", "client_secret"),
    ("processing", "address"),
    ("processing", "secret_key"),
    ("cash_register", "address"),
)
"""Keys that a settings file must have: a real till never falls back to the training shop by an omission."""

_NEEDED_BY: Final = {
    ("terminal", "sber_upos"): ("folder",),
    ("terminal", "inpas"): ("address", "terminal_id"),
    ("sbp", "bank"): ("address", "client_id", "client_secret"),
}
"""Keys that the kind of a section makes necessary."""

_SECRETS: Final = {
    "orders": "client_secret",
    "processing": "secret_key",
    "cash_register": "password",
    "sbp": "client_secret",
}
"""The key of each section that `secret_file` may stand for."""


class SettingsError(Exception):
    """The settings cannot be used; the text is one Russian sentence that names the key."""


def _pattern(value: str) -> str:
    try:
        shape = re.compile(value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError("это не регулярное выражение") from error
    if shape.fullmatch(""):
        raise ValueError("под него подходит пустая строка")
    return value


Text = Annotated[str, StringConstraints(min_length=1)]
Secret = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]+$")]
"""A key that travels in an HTTP header: printable ASCII without spaces."""
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+(/\S*)?$")]
PathOfUrl = Annotated[str, StringConstraints(pattern=r"^/\S*$")]
Pattern = Annotated[str, StringConstraints(max_length=500), AfterValidator(_pattern)]
PublicKey = Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,64}:[A-Za-z0-9+/]{43}=$")]
"""The name of a key and its 32 bytes in base64, as `pos-client conditions new-key` prints them."""
Requisite = Annotated[str, StringConstraints(max_length=256)]
"""A requisite of a fiscal document: no tag takes more."""
Email = Annotated[str, StringConstraints(max_length=64, pattern=r"^([^@\s,;]+@[^@\s,;.]+(\.[^@\s,;.]+)+)?$")]
Seconds = Annotated[float, Field(gt=0, le=600)]
_PayingAgent = Literal["bankPayingAgent", "bankPayingSubagent", "payingAgent", "payingSubagent"]
Milliseconds = Annotated[float, Field(gt=0, le=5000)]


class _Section(BaseModel):
    """Unknown keys are refused, and the schema is built on first use: start-up has no time for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class TillSection(_Section):
    """`[till]`: where this till stands and who is at it."""

    office: Text = "MSK548"
    number: Text = "1"
    cashier: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"\S")] = "Иванова М."
    cashier_inn: Annotated[str, StringConstraints(pattern=r"^(\d{12})?$")] = ""
    data_folder: str = ""


class OrdersSection(_Section):
    """`[orders]`: CDEK API v2 and the counter's payments."""

    address: Address = "http://127.0.0.1:8765"
    client_id: Text = "training-client"
    client_secret: Secret = Field(default="training-client-secret", repr=False)
    number_format: Pattern = r"\d{10,11}"
    read_timeout: Seconds = 5.0
    payment_timeout: Seconds = 25.0
    refresh_before: Seconds = 60.0


class ProcessingSection(_Section):
    """`[processing]`: the loyalty engine, Mindbox v3."""

    address: Address = "http://127.0.0.1:8765"
    secret_key: Secret = Field(default="training-secret-key", repr=False)
    endpoint: Text = "CDEK.Offline"
    lookup: Text = "Offline.GetCustomerInfo"
    preorder: Text = "Offline.AuthorizedPreorder"
    create: Text = "Offline.CreateAuthorizedOrder"
    status: Text = "Offline.ChangeStatus"
    offline: Text = "Offline.SaveOfflineOrder"
    history: Text = "Offline.GetBalanceHistory"
    order_info: Text = "Offline.GetOrder"
    candidates: str = "Offline.FindCustomers"
    join: Text = "Offline.RegisterCustomer"
    send_code: Text = "Offline.SendMobilePhoneAuthorizationCode"
    check_code: Text = "Offline.CheckMobilePhoneAuthorizationCode"
    notice: str = "Offline.SendPointsNotice"
    status_mode: Literal["sync", "async"] = "async"
    cancel_mode: Literal["sync", "async"] = "sync"
    offline_mode: Literal["sync", "async"] = "async"
    customer_id_field: Text = "cdekId"
    order_id_field: Text = "offlineTransactionId"
    product_system: Text = "cdekService"
    tariff_prefix: str = "TARIFF-"
    service_prefix: str = ""
    goods_prefix: str = "GOODS-"
    number_field: Text = "cdekNumber"
    international_field: Text = "international"
    cash_desk: str = ""
    checked_out: Text = "CheckedOut"
    paid: Text = "Paid"
    cancelled: Text = "Cancelled"
    returned: Text = "Return"
    balance: Text = "Main"
    level_segmentation: Text = "LoyaltyLevel"
    most_points_percent: Annotated[int, Field(ge=0, le=100)] = 100
    cash: Text = "cash"
    card: Text = "card"
    sbp: Text = "sbp"
    brand: str = "CDEK"
    advertising_channel: Text = "Sms"
    consent_prefix: Text = "consent"
    lookup_timeout: Seconds = 3.0
    preorder_timeout: Seconds = 3.0
    create_timeout: Seconds = 1.2
    member_timeout: Seconds = 5.0
    delivery_timeout: Seconds = 25.0


class RegisterSection(_Section):
    """`[cash_register]`: the cash register behind an ATOL Web Server."""

    address: Address = "http://127.0.0.1:8765"
    user: str = ""
    password: str = Field(default="", repr=False)
    taxation: Literal["osn", "usnIncome", "usnIncomeOutcome", "esn", "patent"] = "osn"
    agent: Literal[_PayingAgent, "attorney", "commissionAgent", "another"] = "another"
    agent_operation: Annotated[str, StringConstraints(max_length=24)] = ""
    agent_phone: Annotated[str, StringConstraints(pattern=r"^(\+\d{11,15})?$")] = ""
    acceptance_settles: bool = False
    on_credit: bool = False
    utc_offset_hours: Annotated[float, Field(ge=2, le=12)] = 3.0
    place: Requisite = ""
    payment_address: Requisite = ""
    sender_email: Email = ""
    device: str = ""
    post_timeout: Seconds = 3.0
    query_timeout: Seconds = 2.0
    print_deadline: Seconds = 20.0
    poll_every: Seconds = 0.25


class TerminalSection(_Section):
    """`[terminal]`: the card terminal, if this till has one."""

    kind: Literal["none", "sber_upos", "inpas"] = "none"
    folder: str = ""
    command: Text = "loadparm.exe"
    last_slip: Annotated[str, StringConstraints(pattern=r"^(\d{1,3}( \d{1,3})?)?$")] = "12"
    address: Address = "http://127.0.0.1:8765/dualconnector"
    terminal_id: str = ""
    refund_operation: Literal[29, 3] = 29
    status_operation: Annotated[int, Field(ge=0, le=999)] = 0
    slip_copy: Annotated[str, StringConstraints(pattern=r"^(\d{1,3}( \d{1,3}){0,2})?$")] = "63 1 22"
    pay_timeout: Seconds = 120.0
    settle_timeout: Seconds = 600.0
    ask_timeout: Seconds = 30.0


class SbpSection(_Section):
    """`[sbp]`: transfers by a QR code through a bank, if this till takes them."""

    kind: Literal["none", "bank"] = "none"
    address: Address = "http://127.0.0.1:8765"
    client_id: Text = "training-bank-client"
    client_secret: Secret = Field(default="training-bank-secret", repr=False)
    member_id: str = ""
    terminal_id: str = ""
    sbp_member_id: str = ""
    scope: str = ""
    token_path: PathOfUrl = "/sbp/oauth/token"  # noqa: S105 - a path
    orders_path: PathOfUrl = "/sbp/qr/order/v3"
    life: Annotated[float, Field(ge=60, le=86400)] = 300.0
    poll_every: Seconds = 3.0
    timeout: Seconds = 10.0


class CounterSection(_Section):
    """`[counter]`: how long the counter waits for points, what codes look like, what spending points takes."""

    slow: Seconds = 0.7
    budget: Seconds = 2.0
    longer: Seconds = 5.0
    receipt_check_for: Seconds = 20.0
    receipt_check_pause: Seconds = 1.0
    cdek_id_format: Pattern = r"\d{4,8}"
    card_format: Pattern = r"\d{12,19}"
    coupon_format: Pattern = r"(?=.*\d)(?=.*[^\W\d_])[^\W_][\w-]{2,22}[^\W_]"
    confirm_spending: bool = False


class QueueSection(_Section):
    """`[queue]`: how much may wait to be sent (operations, roubles, hours); 0 is no limit."""

    most: Annotated[int, Field(ge=0)] = 0
    most_money: Annotated[int, Field(ge=0)] = 0
    oldest_hours: Annotated[float, Field(ge=0)] = 0.0
    warn_at: Annotated[float, Field(gt=0, le=1)] = 0.8


class ScannerSection(_Section):
    """`[scanner]`: how the bar code scanner types."""

    prefix: str = ""
    suffix_needed: bool = False
    gap_ms: Milliseconds = 45.0
    stall_ms: Milliseconds = 150.0


class ConditionsSection(_Section):
    """`[conditions]`: the conditions that the managing company signs, and whose signature is theirs."""

    project: str = ""
    public_keys: tuple[PublicKey, ...] = Field(default=(), strict=False)
    file: str = ""
    address: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s/]+(/\S*)?)?$")] = ""
    refresh_hours: Annotated[float, Field(ge=0.1, le=168)] = 1.0

    @property
    def expected(self) -> bool:
        """Whether this till follows conditions from above at all."""
        return bool(self.file or self.address)


class LookSection(_Section):
    """`[look]`: how the screen looks."""

    theme: Literal["light", "dark", "system"] = "light"
    scale: Annotated[float, Field(ge=0.75, le=2.0)] = 1.0


class Settings(_Section):
    """Everything that a till may be told. Without a file it is the training shop's till."""

    till: TillSection = Field(default_factory=TillSection)
    orders: OrdersSection = Field(default_factory=OrdersSection)
    processing: ProcessingSection = Field(default_factory=ProcessingSection)
    cash_register: RegisterSection = Field(default_factory=RegisterSection)
    terminal: TerminalSection = Field(default_factory=TerminalSection)
    sbp: SbpSection = Field(default_factory=SbpSection)
    counter: CounterSection = Field(default_factory=CounterSection)
    queue: QueueSection = Field(default_factory=QueueSection)
    conditions: ConditionsSection = Field(default_factory=ConditionsSection)
    scanner: ScannerSection = Field(default_factory=ScannerSection)
    look: LookSection = Field(default_factory=LookSection)


def load(path: Path | None = None) -> Settings:
    """Read and check the settings of a real till.

    Raises:
        SettingsError: there is no such file, it is no TOML, or a key is missing, unknown or wrong.
    """
    file = path or settings_file()
    table = _table(file)
    for section, secret in _SECRETS.items():
        _take_secret(table, section, secret, file.parent)
    _place_conditions(table, file.parent)
    missing = [f"[{section}].{key}" for section, key in REQUIRED if _is_empty(table.get(section, {}), key)]
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        # The first mistake only: the rest is often its consequence, and one sentence is read. A misspelt key comes
        # before the one that it was meant to be.
        kind = error.errors(include_url=False, include_input=False)[0]["type"]
        if missing and kind != "extra_forbidden":
            raise SettingsError(f"{missing[0]}: не задано (файл {file}).") from None
        raise SettingsError(f"{mistake(error, table)} (файл {file}).") from None
    if settings.conditions.expected:
        # Conditions that nobody can check would be conditions by anybody.
        missing += [
            f"[conditions].{key}" for key in ("project", "public_keys") if not getattr(settings.conditions, key)
        ]
    missing += _missing_by_kind(table)
    if missing:
        raise SettingsError(f"{missing[0]}: не задано (файл {file}).")
    return settings


def _missing_by_kind(table: Mapping[str, Any]) -> list[str]:
    """Keys that a terminal or a bank needs: a real till never pays into the training shop by an omission."""
    chosen = {(name, part.get("kind")): part for name, part in table.items() if isinstance(part, dict)}
    return [
        f"[{place[0]}].{key}"
        for place, keys in _NEEDED_BY.items()
        for key in keys
        if place in chosen and _is_empty(chosen[place], key)
    ]


def _is_empty(part: object, key: str) -> bool:
    return isinstance(part, dict) and part.get(key) in {None, ""}


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"Нет файла настроек {file}: создайте его по образцу settings/example.toml.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"Файл настроек {file} не читается как TOML: {error}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"Файл настроек {file} сохранён не в UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"Файл настроек {file} не читается: {error.strerror}.") from None


def _take_secret(table: dict[str, Any], section: str, key: str, folder: Path) -> None:
    """Replace `secret_file` by what the file holds, so that a secret need not lie beside the rest."""
    part = table.get(section)
    if not isinstance(part, dict) or "secret_file" not in part:
        return
    if key in part:
        raise SettingsError(f"[{section}].secret_file: задано вместе с {key}, оставьте что-то одно.")
    name = part.pop("secret_file")
    if not isinstance(name, str) or not name:
        raise SettingsError(f"[{section}].secret_file: нужно имя файла в кавычках.")
    try:
        secret = (folder / Path(name).expanduser()).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"[{section}].secret_file: файл {name} не читается.") from None
    if not secret:
        raise SettingsError(f"[{section}].secret_file: файл {name} пуст.")
    part[key] = secret


def mistake(error: ValidationError, table: Mapping[str, Any], model: type[BaseModel] = Settings) -> str:
    """The first mistake as a Russian sentence without its full stop; `table` is what was to become a `model`.

    A misspelt key comes before the one that it was meant to be.
    """
    errors = error.errors(include_url=False, include_input=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    place = [str(step) for step in first["loc"]]
    if not place:
        return "текст не читается"  # it is no such table at all: a broken sign, or parts inside parts without end
    name = f"[{place[0]}]" + "".join(f".{step}" for step in place[1:])
    kind, context = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(name, place, table, model)
    if kind == "literal_error":
        return f"{name}: допустимо только {context.get('expected', '')}".replace(" or ", " или ")
    if kind == "value_error":
        return f"{name}: {context.get('error', 'неверное значение')}"
    return f"{name}: {_COMPLAINTS.get(kind, 'неверное значение')}".format_map(_Bounds(context))


def _place_conditions(table: dict[str, Any], folder: Path) -> None:
    """A file of conditions named without its folder lies beside the settings."""
    part = table.get("conditions")
    if isinstance(part, dict) and isinstance(part.get("file"), str) and part["file"]:
        part["file"] = str(folder / Path(part["file"]).expanduser())


class _Bounds(dict[str, Any]):
    """Limits for a sentence; one that is not there is left out."""

    def __missing__(self, key: str) -> str:
        return ""


_COMPLAINTS: Final = {
    "missing": "не задано",
    "string_too_long": "длиннее дозволенного, знаков помещается {max_length}",
    "timezone_aware": "нужен часовой пояс, например Z",
    "dict_type": "нужны ключи со значениями",
    "list_type": "нужен список",
    "string_type": "нужна строка в кавычках",
    "string_too_short": "не задано",
    "string_pattern_mismatch": "значение не того вида",
    "float_type": "нужно число без кавычек",
    "int_type": "нужно целое число без кавычек",
    "bool_type": "нужно true или false",
    "greater_than": "число должно быть больше {gt}",
    "greater_than_equal": "число должно быть не меньше {ge}",
    "less_than_equal": "число должно быть не больше {le}",
    "model_type": "это раздел, пишите его в квадратных скобках",
    "model_attributes_type": "это раздел, пишите его в квадратных скобках",
}


def _unknown_key(name: str, place: list[str], table: Mapping[str, Any], model: type[BaseModel]) -> str:
    sections = _keys(model)
    section = sections.get(place[0])
    secret = ["secret_file"] if place[0] in _SECRETS and model is Settings else []
    known = [*sections] if len(place) == 1 or section is None else [*_keys(section), *secret]
    near = difflib.get_close_matches(place[-1], known, n=1)
    what = "раздела" if len(place) == 1 and isinstance(table.get(place[0]), dict) else "ключа"
    return f"{name}: такого {what} нет" + (f", есть {near[0]}" if near else "")


def _keys(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    """Names of a model's keys as the file writes them, with the model of each section."""
    found: dict[str, type[BaseModel] | None] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        found[name] = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return found
