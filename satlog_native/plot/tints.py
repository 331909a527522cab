"""How areas are told apart on every kind of map: by hatch and tint, not by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Tint:
    r"""Look of an area.

    Attributes
    ----------
    name : str
        As the legend says it.
    face, line : str
        ``#rrggbbaa`` of the area, and of its edge and hatch.
    hatch : str or None
        Matplotlib's: ``/``, ``\\``, ``.`` or none.
    width : float
        Of the edge, points; 0 for slivers, which an edge would make look wider than they are.
    order : int
        Higher ones lie above.
    """

    name: str
    face: str
    line: str
    hatch: str | None
    width: float
    order: int

    def looks(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Matplotlib's properties of the area, then of its edge and hatch.

        They are apart because in SVG, a hatch is as translucent as its area.
        """
        line = {"facecolor": "none", "edgecolor": self.line, "linewidth": self.width}
        return {"facecolor": self.face, "edgecolor": "none"}, {**line, "hatch": self.hatch}


#: By attribute of a scene.
TINTS: Final = {
    "skip": Tint("skipped", "#e7298a60", "#b0186a", "....", 0.0, 3),
    "off_target": Tint("sprayed outside field", "#5a3d1e30", "#5a3d1e", "\\\\\\\\", 0.0, 3),
    "overlap": Tint("sprayed twice", "#3f007d70", "#3f007d", "//////", 0.0, 4),
    "field": Tint("field", "#00000000", "#22282e", None, 1.3, 4),
}
