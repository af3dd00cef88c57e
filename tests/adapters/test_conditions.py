from datetime import timedelta
from pathlib import Path

import pytest

from pos_client.conditions.envelope import ConditionsError
from pos_client.settings import Settings
from tests.adapters.conditions_maker import KEY, NOW, OTHER_KEY, issue, keeper, trusting

DAY = timedelta(days=1)
LATER = (NOW + 3 * DAY).isoformat()


def test_a_till_that_follows_nobody_goes_by_its_own_settings(tmp_path: Path) -> None:
    standing = keeper(tmp_path, Settings()).at_start(NOW)
    assert (standing.settings, standing.conditions, standing.complaints) == (Settings(), None, ())


def test_a_new_issue_is_in_force_from_the_next_start(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    assert till.take(issue(7), NOW) is not None
    standing = till.at_start(NOW)
    assert standing.conditions is not None
    assert (standing.conditions.serial, standing.settings.processing.balance) == (7, "Balance7")
    assert standing.own.processing.balance == "Main"


def test_the_same_issue_again_is_no_news(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    assert till.take(issue(7), NOW) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (issue(6), "Условия № 6 старее принятых № 7: назад касса не возвращается"),
        (issue(7, processing={"balance": "Other"}), "Условия № 7 уже приняты с другим содержанием"),
        (issue(8, key=OTHER_KEY), "которому касса не доверяет"),
        (issue(8, project="Чужой"), "Условия проекта «Чужой», а касса работает в проекте «Проба»"),
        (issue(8, valid_till=(NOW - timedelta(hours=1)).isoformat()), "Срок условий № 8 уже кончился"),
        (issue(8, issued=(NOW + 2 * DAY).isoformat()), "Часы кассы отстают"),
        (issue(8, processing={"status_mode": "never"}), "[processing].status_mode"),
        (issue(8, processing={"address": "http://elsewhere"}), "задаётся только в настройках кассы"),
        (issue(8)[:-40], "Файл условий повреждён"),
        (b"", "Файл условий повреждён"),
        (b"<html>502</html>", "Файл условий повреждён"),
    ],
)
def test_what_is_not_good_is_told_and_the_last_good_issue_goes_on(tmp_path: Path, content: bytes, said: str) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    with pytest.raises(ConditionsError) as caught:
        till.take(content, NOW)
    assert said in str(caught.value)
    standing = till.at_start(NOW)
    assert (standing.settings.processing.balance, standing.complaints) == ("Balance7", ())


def test_an_issue_for_later_waits_beside_the_one_in_force(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    till.take(issue(8, valid_from=LATER), NOW)
    assert till.at_start(NOW).settings.processing.balance == "Balance7"
    assert till.at_start(NOW + 4 * DAY).settings.processing.balance == "Balance8"


def test_an_issue_that_was_replaced_never_comes_back_even_by_a_clock_that_was_set_back(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    till.take(issue(8, valid_from=LATER), NOW)
    assert till.at_start(NOW + 4 * DAY).settings.processing.balance == "Balance8"
    with pytest.raises(ConditionsError, match="старее"):
        till.take(issue(7), NOW)


def test_before_their_time_the_only_conditions_are_not_in_force_and_that_is_said(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(1, valid_from=LATER), NOW)
    standing = till.at_start(NOW)
    assert (standing.conditions, standing.settings.processing.balance) == (None, "Main")
    assert standing.complaints == ("Условия № 1 начнут действовать 24.11.2026",)


def test_conditions_whose_time_is_over_go_on_and_that_is_said(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7, valid_till=LATER), NOW)
    standing = till.at_start(NOW + 5 * DAY)
    assert standing.settings.processing.balance == "Balance7"
    assert standing.complaints == ("Срок условий № 7 кончился 24.11.2026, новых нет",)


def test_a_clock_set_back_by_years_does_not_take_the_conditions_away(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    standing = till.at_start(NOW - 900 * DAY)
    assert standing.settings.processing.balance == "Balance7"
    assert "Часы кассы отстают" in standing.complaints[0]


def test_a_kept_copy_that_somebody_edited_is_not_believed(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    till.take(issue(8, valid_from=LATER), NOW)
    kept = tmp_path / "conditions" / "8.json"
    kept.write_bytes(kept.read_bytes().replace(b"Balance8", b"Balance9"))
    standing = till.at_start(NOW)
    assert standing.settings.processing.balance == "Balance7"
    assert standing.complaints == ("Сохранённых файлов условий испорчено: 1",)


def test_without_a_good_copy_the_till_works_by_its_own_settings(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    (tmp_path / "conditions" / "7.json").write_bytes(b"\0" * 100)
    standing = till.at_start(NOW)
    assert standing.settings.processing.balance == "Main"
    assert len(standing.complaints) == 2


def test_an_unfinished_write_is_nothing(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    till.take(issue(7), NOW)
    (tmp_path / "conditions" / "8.part").write_bytes(issue(8)[:100])
    standing = till.at_start(NOW)
    assert (standing.settings.processing.balance, standing.complaints) == ("Balance7", ())


def test_a_key_that_is_trusted_no_longer_takes_its_conditions_with_it(tmp_path: Path) -> None:
    keeper(tmp_path, trusting(KEY)).take(issue(7), NOW)
    standing = keeper(tmp_path, trusting(OTHER_KEY)).at_start(NOW)
    assert standing.settings.processing.balance == "Main"


def test_only_what_is_in_force_and_what_is_to_come_stays_on_the_shelf(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    for serial in (1, 2, 3):
        till.take(issue(serial), NOW)
    till.take(issue(4, valid_from=LATER), NOW)
    till.at_start(NOW)
    assert sorted(file.name for file in (tmp_path / "conditions").iterdir()) == ["3.json", "4.json"]


# --------------------------------------------------------------------------------------------- a file of conditions


def test_a_file_beside_the_settings_is_in_force_at_once(tmp_path: Path) -> None:
    file = tmp_path / "from-above.json"
    file.write_bytes(issue(3))
    assert keeper(tmp_path, trusting(file=file)).at_start(NOW).settings.processing.balance == "Balance3"


def test_a_file_that_was_damaged_later_leaves_its_last_good_copy_in_force(tmp_path: Path) -> None:
    file = tmp_path / "from-above.json"
    file.write_bytes(issue(3))
    till = keeper(tmp_path, trusting(file=file))
    till.at_start(NOW)
    file.write_bytes(issue(4)[:50])
    standing = till.at_start(NOW)
    assert standing.settings.processing.balance == "Balance3"
    assert standing.complaints == ("Файл условий повреждён: это не JSON",)


def test_a_file_that_is_gone_leaves_its_last_good_copy_in_force(tmp_path: Path) -> None:
    file = tmp_path / "from-above.json"
    file.write_bytes(issue(3))
    till = keeper(tmp_path, trusting(file=file))
    till.at_start(NOW)
    file.unlink()
    standing = till.at_start(NOW)
    assert standing.settings.processing.balance == "Balance3"
    assert "не читается" in standing.complaints[0]


@pytest.mark.parametrize(("address", "complaints"), [("", 1), ("http://from.above/", 0)])
def test_an_older_file_is_told_unless_an_address_brings_later_ones(
    tmp_path: Path, address: str, complaints: int
) -> None:
    file = tmp_path / "from-above.json"
    file.write_bytes(issue(3))
    till = keeper(tmp_path, trusting(file=file, address=address))
    till.take(issue(5), NOW)
    standing = till.at_start(NOW)
    assert (standing.settings.processing.balance, len(standing.complaints)) == ("Balance5", complaints)


def test_a_look_changes_nothing(tmp_path: Path) -> None:
    till = keeper(tmp_path)
    for serial in (1, 2):
        till.take(issue(serial), NOW)
    assert till.look(NOW).settings.processing.balance == "Balance2"
    assert len(list((tmp_path / "conditions").iterdir())) == 2


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "conditions").write_text("in the way", encoding="utf-8")
    with pytest.raises(ConditionsError, match="не сохранены"):
        keeper(tmp_path).take(issue(1), NOW)
