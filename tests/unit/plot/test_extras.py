from __future__ import annotations

import subprocess
import sys

import pytest

from satlog_native.errors import SatlogError
from satlog_native.plot import map_html, picture, report_pdf, timeline
from unit.plot.flights import Flown


def test_missing_extra_is_told(flown: Flown, monkeypatch: pytest.MonkeyPatch) -> None:
    told = flown.report()
    # None in sys.modules is what the import system itself takes for "cannot be imported".
    for name in ("matplotlib", "matplotlib.style", "jinja2", "reportlab"):
        monkeypatch.setitem(sys.modules, name, None)
    for module in ("reportlab.lib", "reportlab.platypus", "reportlab.lib.pagesizes"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(SatlogError, match=r"needs matplotlib: pip install 'satlog\[plot\]'"):
        timeline(flown.track)
    with pytest.raises(SatlogError, match=r"needs matplotlib: pip install 'satlog\[plot\]'"):
        picture(told.map, "png")
    with pytest.raises(SatlogError, match=r"needs jinja2: pip install 'satlog\[plot\]'"):
        map_html(flown.track, flown.passes, flown.summary)
    with pytest.raises(SatlogError, match=r"needs reportlab: pip install 'satlog\[plot\]'"):
        report_pdf(told)


def test_importing_the_package_loads_nothing_of_the_extra() -> None:
    code = (
        "import sys, satlog_native.plot; "
        "print([m for m in ('matplotlib', 'jinja2', 'reportlab', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


def test_pictures_leave_pyplot_alone() -> None:
    code = (
        "import sys; from satlog_native.plot.picture import drawing, new_figure, picture\n"
        "with drawing('a picture'): figure = new_figure(1, 1)\n"
        "picture(figure, 'png'); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"
