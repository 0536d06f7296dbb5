"""The command that makes the sandbox: bubblewrap, with an interpreter, its libraries, and nothing else of here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from glob import glob
from importlib.util import find_spec
from pathlib import Path

from quantgate.evals.sandbox.seccomp import known_machine
from quantgate.evals.text import excerpt

INSTALL = "apt-get install -y bubblewrap"
_OLDEST = (0, 7)
"""The first that bounds the size of a tmpfs."""

_NOBODY = 65534
_SYSTEM = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_INSIDE = Path(__file__).with_name("inside.py")


def user_inside() -> int | None:
    """Whom the program in the sandbox has to become: nobody, where root has no namespace of users made for it.

    Root of the machine must not be root there, whatever namespace it is in: limits on processes do not bind it, and it
    owns the files that it sees.
    """
    return _NOBODY if os.geteuid() == 0 else None


def why_no_bubblewrap() -> str | None:
    """Why bubblewrap cannot be had on this machine, and what to do; `None` where it is there."""
    if sys.platform != "linux":
        return "code is run in a sandbox of Linux alone: grade on a Linux machine (quantgate regrade RUN)"
    if not known_machine():
        return f"there is no filter of system calls for {os.uname().machine}: grade on x86_64 or aarch64"
    found = shutil.which("bwrap")
    if found is None:
        return f"there is no bubblewrap (bwrap) on this machine: {INSTALL}"
    version = _version(found)
    if version is None or version < _OLDEST:
        said = "does not tell its version" if version is None else f"is {version[0]}.{version[1]}"
        return f"{found} {said}, and 0.7 is the first that bounds what is written: install a newer bubblewrap"
    return None


@cache
def _version(bwrap: str) -> tuple[int, int] | None:
    try:
        said = subprocess.run([bwrap, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


def sandbox_command(filter_fd: int, disk_bytes: int) -> list[str]:
    """The command that runs `inside.py` in the sandbox; `filter_fd` is where the filter of system calls is read.

    No `/proc`, no `/dev`, no home; the root, which is a tmpfs without bound, is made read-only when all is in place.
    """
    command = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    command += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv", "--cap-drop", "ALL"]
    if user_inside() is None:
        command += ["--unshare-user", "--uid", str(_NOBODY), "--gid", str(_NOBODY)]
    else:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    bound = {place: place for place in _places()} | {f"/packages/{each.name}": str(each) for each in _numpy()}
    for folder in sorted({str(folder) for place in bound for folder in Path(place).parents if folder.name}):
        command += ["--perms", "0755", "--dir", folder]  # else they are for root alone
    for place, source in bound.items():
        command += ["--symlink", os.readlink(source), place] if os.path.islink(source) else ["--ro-bind", source, place]
    for place in foreign_packages():
        command += ["--perms", "0755", "--tmpfs", place, "--remount-ro", place]
    command += ["--ro-bind", str(_INSIDE), "/inside.py"]
    command += ["--perms", "1777", "--size", str(disk_bytes), "--tmpfs", "/tmp", "--chdir", "/tmp"]
    command += ["--setenv", "OPENBLAS_NUM_THREADS", "1", "--setenv", "OMP_NUM_THREADS", "1"]
    # Sets of texts have one order, so that an answer has one grade; -I would pass over it.
    command += ["--setenv", "PYTHONHASHSEED", "0"]
    command += ["--remount-ro", "/", "--seccomp", str(filter_fd), "--"]
    return [*command, _interpreter(), "-P", "-s", "-S", "-B", "/inside.py"]


def has_numpy() -> bool:
    """Whether numpy is in the sandbox."""
    return bool(_numpy())


@cache
def foreign_packages() -> tuple[str, ...]:
    """Folders of installed packages within what is there, which are hidden: some hold benchmarks and their answers."""
    places = {os.path.realpath(place) for place in _places()}
    found = {os.path.realpath(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
    for place in places:
        for each in (place, os.path.dirname(place)):
            for pattern in ("python3*/*-packages", "*-packages"):
                found.update(os.path.realpath(match) for match in glob(os.path.join(each, pattern)))
    return tuple(
        sorted(each for each in found if os.path.isdir(each) and any(each.startswith(f"{at}/") for at in places))
    )


def _interpreter() -> str:
    return os.path.realpath(sys.executable)


@cache
def _places() -> tuple[str, ...]:
    """Folders and files of the machine that the interpreter needs, none inside another."""
    wanted = [place for place in _SYSTEM if os.path.exists(place)]
    wanted += [_interpreter(), os.path.join(sys.base_prefix, "lib")]
    wanted += [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")]
    kept: list[str] = []
    for place in dict.fromkeys(wanted):
        if not any(place == other or place.startswith(f"{other}/") for other in kept):
            kept.append(place)
    return tuple(kept)


@cache
def _numpy() -> tuple[Path, ...]:
    found = find_spec("numpy")
    if found is None or found.origin is None:
        return ()
    package = Path(found.origin).parent
    return tuple(place for place in (package, package.with_name("numpy.libs")) if place.is_dir())


def why_not_started(said: str) -> str:
    """Why the sandbox did not start, by what bubblewrap said of it, and what to do."""
    told = excerpt(said.strip() or "it said nothing", 200)
    if "amespace" in said or "not permitted" in said or "uid map" in said or "loopback" in said:
        return (
            f"bubblewrap may make no namespaces here ({told}). On a machine of your own: sysctl "
            "-w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu) or user.max_user_namespaces=15000; in a "
            "container: docker run --cap-add SYS_ADMIN --security-opt seccomp=unconfined --security-opt "
            "apparmor=unconfined; or grade elsewhere: quantgate regrade RUN"
        )
    return f"bubblewrap did not start the interpreter ({told})"
