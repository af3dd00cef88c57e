"""Where a queue may lie: a network drive forgets locks and syncs, so it is refused as far as it can be told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from offline_queue.errors import NetworkDriveError, StorageError

if TYPE_CHECKING:
    import os

_NETWORK = {
    "afs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.rclone", "fuse.s3fs", "fuse.smbnetfs", "fuse.sshfs",
    "glusterfs", "fuse.glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip


def real_place(path: str | os.PathLike[str]) -> Path:
    """Where a file really lies: beside another name of it, a lock would be another lock.

    Raises:
        StorageError: it is a folder, or its links lead nowhere.
    """
    try:
        file = Path(path).resolve()
    except (OSError, RuntimeError) as error:
        raise StorageError(f"The queue {path} cannot be found: {error}.") from error
    if file.is_dir():
        raise StorageError(f"The queue {path} is a folder.")
    return file


def require_local(file: Path) -> None:
    """Refuse a drive that is known to be reached over a network; what cannot be told passes.

    Raises:
        NetworkDriveError: it is one.
    """
    folder = file.absolute().parent
    if is_remote(folder):
        raise NetworkDriveError(f"The folder {folder} is on a network drive; a queue needs a disk of this computer.")


if sys.platform == "win32":
    import ctypes

    _DRIVE_REMOTE = 4

    def is_remote(folder: Path) -> bool:
        """Whether Windows calls the drive of a folder remote."""
        return bool(ctypes.windll.kernel32.GetDriveTypeW(folder.drive + "\\") == _DRIVE_REMOTE)
else:

    def is_remote(folder: Path) -> bool:
        """Whether the mount that a folder lies on is of a kind that is reached over a network (Linux only)."""
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return kind_of_mount(folder.resolve(), mounts) in _NETWORK


def kind_of_mount(folder: Path, mounts: str) -> str:
    """The kind of file system that holds a folder, by the text of /proc/mounts; "" if none does."""
    kind, depth = "", -1
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:  # noqa: PLR2004 - device, place, kind
            continue
        place = Path(fields[1].encode().decode("unicode_escape"))
        # Of two mounts at one place the later one covers the earlier.
        if folder.is_relative_to(place) and len(place.parts) >= depth:
            kind, depth = fields[2], len(place.parts)
    return kind
