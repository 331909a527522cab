"""Checks that the newest version in CHANGELOG.md is the package's own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import satlog_native

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"


def main() -> int:
    newest = re.search(r"^## \[?([^\]\s]+)", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    found = newest.group(1) if newest else "no version"
    if found == satlog_native.__version__:
        return 0
    print(
        f"CHANGELOG.md starts with {found}, satlog_native.__version__ is "
        f"{satlog_native.__version__}: make them agree",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
