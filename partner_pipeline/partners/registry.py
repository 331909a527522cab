"""Which partners there are, and one service for each.

Those shipped with satlog are listed here. Any other package adds a partner by an entry point in the
group ``satlog.partners``, its name the partner's code, its value a callable that takes a
:class:`PartnerContext` and returns a :class:`~partner_pipeline.partners.base.BasePartnerService`::

    [project.entry-points."satlog.partners"]
    CROPHAWK = "crophawk.satlog:CropHawkService"
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from partner_pipeline.errors import SettingsError, ValidationError
from partner_pipeline.partners.base import BasePartnerService, Called, uncounted

if TYPE_CHECKING:
    from partner_pipeline.partners.auth_cache import AuthCache
    from partner_pipeline.settings import Settings

logger = logging.getLogger(__name__)

ENTRY_POINTS: Final = "satlog.partners"

#: Imported when first used: nobody waits for the client of a partner that he does not have.
_SHIPPED: Final = {
    "AGIDRONEX": "partner_pipeline.partners.agidronex:AgidronexService",
    "SATLOC": "partner_pipeline.partners.satloc:open_service",
}


@dataclass(frozen=True, slots=True)
class PartnerContext:
    """What a service is made from.

    Parameters
    ----------
    settings : Settings
        All of the pipeline's.
    auth_cache : AuthCache
        Shared by all partners; whoever made it closes it.
    sleep : callable
        Waits so many seconds: between tries, and where calls are limited.
    called : callable
        Told of each call that was made, see :data:`~partner_pipeline.partners.base.Called`.
    """

    settings: Settings
    auth_cache: AuthCache
    sleep: Callable[[float], object] = time.sleep
    called: Called = uncounted


ServiceFactory = Callable[[PartnerContext], BasePartnerService]


class PartnerRegistry:
    """Services by partner code, each made when first asked for and then kept.

    Codes are read in any case.

    Raises
    ------
    SettingsError
        If two installed packages claim one partner.
    """

    def __init__(self, context: PartnerContext) -> None:
        self._context = context
        self._known = _known_partners()
        self._lock = threading.Lock()
        self._services: dict[str, BasePartnerService] = {}

    def codes(self) -> tuple[str, ...]:
        """The codes of all partners, upper case, in order."""
        return tuple(sorted(self._known))

    def service(self, code: str) -> BasePartnerService:
        """The service of a partner.

        Raises
        ------
        ValidationError
            If no partner has this code.
        SettingsError
            If the package of a partner cannot be used.
        """
        key = code.strip().upper()
        if key not in self._known:
            raise ValidationError(
                f"looking for partner {code[:100]!r}: known are {', '.join(self.codes())}; check "
                f"the code, or install the package of that partner"
            )
        with self._lock:
            if key not in self._services:
                self._services[key] = self._made(key)
            return self._services[key]

    def close(self) -> None:
        """Close every service that was made."""
        with self._lock:
            services = list(self._services.values())
            self._services.clear()
        for service in services:
            service.close()

    def _made(self, code: str) -> BasePartnerService:
        known = self._known[code]
        try:
            made = known.load()(self._context)
        except (ImportError, AttributeError, TypeError) as error:
            raise SettingsError(
                f"loading partner {code} from {known.value}: {type(error).__name__}: {error}; "
                f"repair or remove the package that brings it"
            ) from error
        if not isinstance(made, BasePartnerService) or made.code != code:
            raise SettingsError(
                f"loading partner {code} from {known.value}: expected a BasePartnerService with "
                f"that code, found a {type(made).__name__} with code "
                f"{getattr(made, 'code', None)!r}; repair or remove the package that brings it"
            )
        return made


@dataclass(frozen=True, slots=True)
class _Shipped:
    """An entry point of satlog's own, which works without satlog being installed."""

    value: str

    def load(self) -> ServiceFactory:
        module, _, name = self.value.partition(":")
        factory: ServiceFactory = getattr(importlib.import_module(module), name)
        return factory


def _known_partners() -> dict[str, Any]:
    known: dict[str, Any] = {}
    for point in metadata.entry_points(group=ENTRY_POINTS):
        code = point.name.upper()
        if code in _SHIPPED:
            logger.warning(
                "partner %s is satlog's own; the one from %s is not used", code, point.value
            )
        elif code in known and known[code].value != point.value:
            raise SettingsError(
                f"looking for partners: {known[code].value} and {point.value} both claim {code}; "
                f"remove one of the two packages"
            )
        else:
            known[code] = point
    return known | {code: _Shipped(value) for code, value in _SHIPPED.items()}
