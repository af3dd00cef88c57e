"""The program of a training terminal, as `sb_pilot`: asks the shop what happened, leaves the files `p` and `e`, ends.

Standard library only: it is copied into a folder and run there by itself, once for each operation.
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

__all__ = ["ADDRESS_FILE", "main"]

ADDRESS_FILE: Final = "shop.txt"
_PATIENCE: Final = 600.0
_BROKEN: Final = 1


def main(words: list[str]) -> int:
    """Run one operation; without a usable answer it dies as a real one may: no files, and no word about the money."""
    folder = Path(__file__).resolve().parent
    address = (folder / ADDRESS_FILE).read_text(encoding="utf-8").strip()
    request = urllib.request.Request(  # noqa: S310 - the training shop of this machine
        f"{address}/upos/run",
        data=json.dumps({"words": words}).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_PATIENCE) as answer:
            found = json.loads(answer.read())
        code, result, slip = int(found["code"]), str(found["e"]), str(found["p"])
    except (OSError, ValueError, KeyError, TypeError):
        return _BROKEN
    if slip:
        (folder / "p").write_bytes(slip.encode("cp866", "replace"))
    if result:
        (folder / "e").write_bytes(result.encode("cp866", "replace"))
    return 0 if code == 0 else _BROKEN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
