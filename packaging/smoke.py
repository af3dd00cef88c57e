"""Builds the wheel, installs it aside without network and starts the program that a user would get."""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "resources"
START_SECONDS = 60.0


def fail(text: str) -> NoReturn:
    """Print what is wrong with the package and leave with code 1."""
    print(f"smoke: {text}", file=sys.stderr)
    raise SystemExit(1)


def run(
    command: list[str], *, cwd: Path, environment: dict[str, str] | None = None, allowed: tuple[int, ...] = (0,)
) -> str:
    """Standard output of a command that must end with an allowed code within START_SECONDS."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, check=False, text=True, timeout=START_SECONDS
        )
    except subprocess.TimeoutExpired:
        fail(f"{' '.join(command)}: no end after {START_SECONDS:.0f} s")
    if done.returncode not in allowed:
        fail(f"{' '.join(command)}: code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build_wheel(folder: Path) -> Path:
    """Build the wheel with the build tool of this environment, so that nothing is fetched."""
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        fail(f"one wheel was expected, there are {len(wheels)}")
    return wheels[0]


def check_contents(wheel: Path) -> None:
    """Every file of `resources/` must travel, and nothing but the two packages may travel with it."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {
        f"pos_client/resources/{path.relative_to(RESOURCES).as_posix()}"
        for path in RESOURCES.rglob("*")
        if path.is_file()
    }
    if lost := sorted(wanted - names):
        fail(f"the wheel lacks {', '.join(lost)}")
    roots = {name.split("/", 1)[0] for name in names}
    if strangers := sorted(
        root for root in roots if root not in {"pos_client", "offline_queue"} and not root.endswith(".dist-info")
    ):
        fail(f"the wheel carries {', '.join(strangers)}")


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel into an empty environment that sees the locked dependencies; return its programs."""
    venv.create(folder, with_pip=False)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    python = str(programs / "python")
    site = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], cwd=folder).strip())
    # A folder that a .pth names is searched for modules, but the .pth files inside it are not obeyed:
    # the editable checkout stays out of sight.
    (site / "locked-dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    run([*pip, "--disable-pip-version-check", "--no-index", "--no-deps", str(wheel)], cwd=folder)
    origin = run([python, "-c", "import pos_client; print(pos_client.__file__)"], cwd=folder).strip()
    if not Path(origin).is_relative_to(site):
        fail(f"the program came from {origin}, not from the wheel")
    return programs


def start(programs: Path, home: Path, *, version: str) -> None:
    """Start the installed program where it has neither settings nor a screen."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment |= {"HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home)}
    environment |= {"QT_QPA_PLATFORM": "offscreen"}
    program = str(programs / "pos-client")
    said = run([program, "--version"], cwd=home, environment=environment).strip()
    if version not in said:
        fail(f"the wheel is {version}, the program says {said!r}")
    # 1 is an honest answer: there are no settings here. A crash says the same and prints no JSON.
    report = run([program, "doctor", "--json"], cwd=home, environment=environment, allowed=(0, 1))
    try:
        findings = json.loads(report)
    except ValueError:
        findings = None
    if not isinstance(findings, dict) or not findings:
        fail(f"pos-client doctor --json does not print a JSON object:\n{report}")


def main() -> None:
    """Build, look inside, install, start."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        check_contents(wheel)
        programs = install(wheel, folder / "environment")
        start(programs, folder, version=wheel.name.split("-")[1])
        print(f"smoke: {wheel.name} is whole, installs and starts")


if __name__ == "__main__":
    main()
