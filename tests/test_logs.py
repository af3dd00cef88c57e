import json
import subprocess
import sys
from pathlib import Path

from tests.test_house import ROOT

DYING = """
import sys
from pathlib import Path
from pos_client.logs import catch_bugs, start_logging
start_logging(Path(sys.argv[1]))
catch_bugs()
raise RuntimeError("nobody answers at +79161234567")
"""


def test_the_first_bug_of_a_run_opens_the_log_and_stands_in_it_without_the_phone(tmp_path: Path) -> None:
    died = subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", DYING, str(tmp_path)], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    assert died.returncode == 1
    lines = (tmp_path / "till.log").read_text(encoding="utf-8").splitlines()
    said = json.loads(lines[0])
    assert len(lines) == 1
    assert said["what"] == "uncaught RuntimeError"
    assert "RuntimeError: nobody answers at •••67" in said["trace"]
