"""SatLoc Cloud."""

from __future__ import annotations

from partner_pipeline.partners.registry import PartnerContext
from partner_pipeline.partners.satloc.service import SatlocService
from partner_pipeline.partners.satloc.settings import SatlocSettings

__all__ = ["SatlocService", "SatlocSettings", "open_service"]


def open_service(context: PartnerContext) -> SatlocService:
    """SatLoc's service as the pipeline's settings ask for it."""
    return SatlocService(
        SatlocSettings.of(context.settings),
        context.auth_cache,
        sleep=context.sleep,
        called=context.called,
    )
