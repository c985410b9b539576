"""Permissions of files, which WASI doesn't have: kept beside the files, as far as a program can see them.

What `chmod` set is what `stat` shows, and a file without permission to write can't be opened for writing. Only the owner's
bits decide, and folders keep nobody out. What never was changed has the bits that a new file has.
"""

import builtins
import errno
import io
import os
import stat

FILE, FOLDER = 0o644, 0o755
ALL = 0o7777

_bits: dict[tuple[int, int], int] = {}
_real = {}


def prepare() -> None:
    """Puts a `chmod` that knows of permissions in the place of the one that doesn't."""
    for name in ("stat", "lstat", "fstat", "open", "access"):
        _real[name] = getattr(os, name)
    _real["io_open"] = io.open
    os.chmod = os.fchmod = os.lchmod = _chmod


def _begin() -> None:
    """The functions that show permissions and mind them are there from the first change on: who changes none pays nothing."""
    os.stat, os.lstat, os.fstat = _shown("stat"), _shown("lstat"), _shown("fstat")
    os.access, os.open = _access, _open_descriptor
    # One that a test has put there itself stays.
    if builtins.open is _real["io_open"]:
        builtins.open = _open
    io.open = _open


def _shown(name):
    real = _real[name]

    def shown(*arguments, **named):
        return _with_bits(real(*arguments, **named))

    shown.__name__ = name
    return shown


def _with_bits(found: os.stat_result) -> os.stat_result:
    usual = FOLDER if stat.S_ISDIR(found.st_mode) else FILE
    bits = _bits.get((found.st_dev, found.st_ino), usual)
    mode = stat.S_IFMT(found.st_mode) | bits
    # What has no place among the first ten, such as nanoseconds, comes along by name.
    named = {field: getattr(found, field) for field in _FIELDS if hasattr(found, field)}
    return os.stat_result((mode, *found[1:]), named)


_FIELDS = ("st_atime", "st_mtime", "st_ctime", "st_atime_ns", "st_mtime_ns", "st_ctime_ns", "st_blksize", "st_blocks", "st_rdev")


def _chmod(path, mode, *, dir_fd=None, follow_symlinks=True):
    if isinstance(path, int):
        found = _real["fstat"](path)
    else:
        found = _real["stat"](path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
    if not _bits:
        _begin()
    _bits[(found.st_dev, found.st_ino)] = mode & ALL


def _access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True):
    try:
        bits = os.stat(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks).st_mode
    except OSError:
        return False
    wanted = (mode & os.R_OK and 0o400) | (mode & os.W_OK and 0o200) | (mode & os.X_OK and 0o100)
    return bits & wanted == wanted


def _refuse(path, reads: bool, writes: bool) -> None:
    __tracebackhide__ = True
    if isinstance(path, int):
        return
    try:
        found = _real["stat"](path)
    except (OSError, ValueError, TypeError):
        return
    bits = _bits.get((found.st_dev, found.st_ino))
    if bits is None or stat.S_ISDIR(found.st_mode):
        return
    if (reads and not bits & 0o400) or (writes and not bits & 0o200):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))


def _open(file, mode="r", *arguments, **named):
    __tracebackhide__ = True
    if isinstance(mode, str):
        _refuse(file, "r" in mode or "+" in mode, any(letter in mode for letter in "wax+"))
    return _real["io_open"](file, mode, *arguments, **named)


def _open_descriptor(path, flags, *arguments, **named):
    __tracebackhide__ = True
    if not isinstance(path, int):
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        _refuse(path, not flags & os.O_WRONLY, bool(writes))
    return _real["open"](path, flags, *arguments, **named)
