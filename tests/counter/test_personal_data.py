"""Personal data at rest: what nobody needs any more is not written down."""

from pathlib import Path

from pos_client.domain.customer import Standing
from tests.tills import C2C, Time, open_till, shop_at, sold


def files_with(data: bytes, folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if data in path.read_bytes()]


async def test_the_phone_of_a_customer_whom_processing_knows_is_not_kept_whole(tmp_path: Path) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock) as till:
            await till.desk.typed("+7 (916) 555-00-67")
            sale = await sold(till, C2C)
            assert sale.customer is not None
            assert sale.customer.standing is Standing.MEMBER
    assert files_with(b"9165550067", tmp_path) == []
