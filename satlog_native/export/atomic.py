"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from satlog_native.errors import SatlogError


class Drafts:
    """Files written under names of their own, that take their places together when all is well.

    A context manager. Leaving it puts every file in its place; leaving it by an exception, also
    Ctrl-C, removes all of them, and what stood there before stays.

    Parameters
    ----------
    overwrite : bool
        Whether existing files may be replaced.
    """

    def __init__(self, *, overwrite: bool = False) -> None:
        self._overwrite = overwrite
        self._files: dict[Path, tuple[Path, BinaryIO]] = {}
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self._settle()
            except BaseException as failure:
                self._discard()
                if isinstance(failure, OSError):
                    raise self._explained(failure) from failure
                raise
            return
        self._discard()
        if isinstance(error, OSError):
            raise self._explained(error) from error

    def check(self, path: Path) -> None:
        """Whether a file may be written there.

        Raises
        ------
        SatlogError
            If something exists there that must not be replaced.
        """
        if path.is_dir():
            raise SatlogError(f"writing {path}: it is a folder; choose another name")
        if not self._overwrite and os.path.lexists(path):
            raise SatlogError(
                f"writing {path}: it exists already; choose another name, or have it replaced "
                f"(overwrite=True, --overwrite)"
            )

    def make_folder(self, folder: Path) -> None:
        """Make a folder and those above it; what is new of them goes again if writing fails."""
        missing = []
        for each in (folder, *folder.parents):
            if each.exists():
                break
            missing.append(each)
        try:
            for each in reversed(missing):
                each.mkdir()
                self._folders.append(each)
        except OSError as error:
            raise SatlogError(f"making the folder {folder}: {error.strerror}") from error

    def open(self, path: Path) -> BinaryIO:
        """Begin the file that is to stand at ``path``; it is closed here, not by the caller.

        Raises
        ------
        SatlogError
            If it must not or cannot be written there.
        """
        self.check(path)
        # A link stays a link: the file that it leads to is replaced.
        path = Path(os.path.realpath(path))
        draft = path.parent / f".satlog-{os.getpid()}-{os.urandom(4).hex()}.tmp"
        try:
            file = draft.open("xb")
        except OSError as error:
            raise SatlogError(f"writing {path}: {error.strerror} ({path.parent})") from error
        self._files[path] = (draft, file)
        return file

    def _settle(self) -> None:
        for _, file in self._files.values():
            file.flush()
            # Without this a power cut after the renaming could leave an empty file.
            os.fsync(file.fileno())
            file.close()
        for path, (draft, _) in self._files.items():
            draft.replace(path)

    def _discard(self) -> None:
        with suppress(OSError):
            for _, file in self._files.values():
                file.close()
        for draft, _ in self._files.values():
            draft.unlink(missing_ok=True)
        with suppress(OSError):
            for folder in reversed(self._folders):
                folder.rmdir()

    def _explained(self, error: OSError) -> SatlogError:
        places = ", ".join(sorted({str(path.parent) for path in self._files}))
        return SatlogError(f"writing to {places}: {error.strerror or error}")
