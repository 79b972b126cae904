"""Names of jobs as names of directories: each job's ecs.yml lies in one, and a workspace is checked out on any system."""

from __future__ import annotations

# Win32 takes these for devices in every directory, with any extension (docs "Naming Files, Paths, and Namespaces").
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{digit}" for digit in range(10)), *(f"lpt{digit}" for digit in range(10))}
)


def is_device(name: str) -> bool:
    """Whether Windows, and so ``git checkout`` there, takes the name for a device's."""
    return name.lower().partition(".")[0].rstrip(" ") in DEVICES


def alike(name: str) -> str:
    """Equal for names that are one directory where case does not count (Windows, macOS). Names of jobs are ASCII."""
    return name.lower()


def checked_out(name: str) -> str:
    """The name; ValueError where it cannot be a directory on every system."""
    if is_device(name):
        raise ValueError(f"'{name}' is a device on Windows, where no directory can have this name; choose another")
    return name
