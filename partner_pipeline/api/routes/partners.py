"""``/api/partners``: organisations, their customers and aircraft; uploads and polls."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from partner_pipeline.api.auth import Administrator, Caller, Here, Member, Owner
from partner_pipeline.api.paging import Page, paged
from partner_pipeline.api.routes.jobs import own_assignment
from partner_pipeline.api.schemas.common import Id
from partner_pipeline.api.schemas.jobs import PollAnswer, SyncData, SyncResult, UploadJob
from partner_pipeline.api.schemas.people import (
    AircraftQuery,
    CustomerQuery,
    CustomerShown,
    NewPartner,
    PartnerAircraftShown,
    PartnerChanges,
    PartnerQuery,
    PartnerShown,
    Subscription,
)
from partner_pipeline.api.schemas.system import (
    AccountCount,
    PartnerCount,
    PartnerFigures,
    PartnerStats,
    PartnerStatus,
    TroubleShown,
)
from partner_pipeline.api.turns import in_turn
from partner_pipeline.model.people import Partner, User, UserKind
from partner_pipeline.observe.health import PartnerWatch
from partner_pipeline.store.repositories.paging import Order, Place
from partner_pipeline.work import people
from partner_pipeline.work.asked import poll_now, upload_now
from partner_pipeline.work.changing import change_partner
from partner_pipeline.work.context import Context
from partner_pipeline.work.overview import (
    accounts_of,
    partner_alive,
    partner_numbers,
    partners,
    troubles,
)

router = APIRouter(prefix="/api/partners", tags=["partners"])

BY_NAME = Order("name", 1)


@router.get("")
def list_partners(
    context: Here, who: Member, query: Annotated[PartnerQuery, Query()]
) -> Page[PartnerShown]:
    """Partners, by name."""
    users = context.repositories.users.page(
        {"kind": UserKind.PARTNER, "active": query.active},
        BY_NAME,
        after=query.place,
        limit=query.limit + 1,
    )
    found = [user for user in users if isinstance(user, Partner)]
    return paged(found, query, place_by_name, lambda each: _shown(context, each, who))


@router.post("", status_code=201)
def create_partner(context: Here, who: Administrator, body: NewPartner) -> PartnerShown:
    """Add a partner's organisation; 409: it is there already."""
    partner = people.add_partner(context, body.partner_code, by=who.id)
    partner = change_partner(
        context,
        partner.id,
        partner_name=body.partner_name,
        configuration=body.configuration,
        by=who.id,
    )
    return _shown(context, partner, who)


@router.get("/stats")
def stats(context: Here, who: Member) -> PartnerStats:
    """All partners together: of everybody, or of the customer who asks."""
    all_partners = partners(context)
    accounts = accounts_of(context, who.customer_id)
    active = [each for each in accounts if each.active]
    numbers = [partner_numbers(context, each, who.customer_id) for each in all_partners]
    return PartnerStats(
        partners=PartnerCount(
            total=len(all_partners), active=sum(each.active for each in all_partners)
        ),
        accounts=AccountCount(
            total=len(accounts),
            active=len(active),
            failing=sum(each.health.failures_in_a_row > 0 for each in active),
        ),
        recent_errors=_troubles(context, who),
        by_partner=[PartnerFigures.of(each) for each in numbers],
    )


@router.get("/customers")
def list_customers(
    context: Here, who: Owner, query: Annotated[CustomerQuery, Query()]
) -> Page[CustomerShown]:
    """Customers, and the accounts that they have at partners."""
    if who.customer_id is not None:
        customers: list[User] = [who.user]
    else:
        customers = context.repositories.users.page(
            {"kind": UserKind.CUSTOMER}, BY_NAME, after=query.place, limit=query.limit + 1
        )
    accounts = [
        each
        for each in accounts_of(context, who.customer_id)
        if query.partner_id in {None, each.partner}
    ]

    def shown(customer: User) -> CustomerShown:
        own = [each for each in accounts if each.customer_id == customer.id]
        return CustomerShown(
            id=customer.id,
            name=customer.name,
            active=customer.active,
            subscriptions=[Subscription.of(each) for each in own],
        )

    return paged(customers, query, place_by_name, shown)


@router.get("/aircraft", dependencies=[in_turn("partner")])
def list_aircraft(
    context: Here, who: Owner, query: Annotated[AircraftQuery, Query()]
) -> Page[PartnerAircraftShown]:
    """A customer's aircraft, as the partner lists them now."""
    customer_id = who.customer(query.customer_id)
    code = context.service(query.partner_code).code
    listed = context.service(code).aircraft_list(context.account(code, customer_id))
    known = {
        each.partner_info.partner_aircraft_id: each
        for each in context.repositories.users.aircraft_of(customer_id, code)
        if each.partner_info is not None
    }
    items = []
    for each in listed:
        ours = known.get(each.aircraft_id)
        items.append(
            PartnerAircraftShown(
                aircraft_id=each.aircraft_id,
                tail_number=each.tail_number,
                user_id=None if ours is None else ours.id,
                name=None if ours is None else ours.name,
            )
        )
    return Page(items=items)


@router.post("/uploadJob", dependencies=[in_turn("partner")])
def upload_job(context: Here, who: Owner, body: UploadJob) -> SyncResult:
    """Upload the job of an assignment: now, or queued where the partner does not answer."""
    own = own_assignment(context, who, body.assign_id)
    return SyncResult.of(upload_now(context, own.id, by=who.id))


@router.post("/syncData", dependencies=[in_turn("partner")])
def sync_data(context: Here, who: Owner, body: SyncData) -> PollAnswer:
    """Fetch new logs now, of a customer or (administrators) of all; takes a minute at most."""
    customer_id = who.only(body.customer_id)
    return PollAnswer.of(poll_now(context, customer_id, body.partner_code, by=who.id))


@router.get("/{id}")
def get_partner(context: Here, who: Member, id: Id) -> PartnerShown:
    """One partner."""
    return _shown(context, context.repositories.users.require_kind(id, Partner), who)


@router.put("/{id}")
def change(context: Here, who: Administrator, id: Id, body: PartnerChanges) -> PartnerShown:
    """Change a partner; what is not given stays."""
    changed = change_partner(context, id, **body.model_dump(), by=who.id)
    return _shown(context, changed, who)


@router.delete("/{id}")
def deactivate(context: Here, who: Administrator, id: Id) -> PartnerShown:
    """Have a partner take no part any more; it stays, with ``active: false``."""
    return _shown(context, change_partner(context, id, active=False, by=who.id), who)


@router.get("/{id}/status")
def status(request: Request, context: Here, who: Member, id: Id) -> PartnerStatus:
    """How a partner does: of everybody, or of the customer who asks."""
    partner = context.repositories.users.require_kind(id, Partner)
    watch: PartnerWatch = request.app.state.watch
    alive = partner_alive(context, watch, partner)
    numbers = partner_numbers(context, partner, who.customer_id)
    answers = "online" if alive.alive else "offline"
    return PartnerStatus.model_validate(
        {
            "partner_id": partner.id,
            "partner_code": partner.partner_code,
            "status": answers if partner.active else "inactive",
            "checked_at": alive.at,
            "last_sync": numbers.last_sync,
            "active_jobs": numbers.active_jobs,
            "pending_syncs": numbers.pending_syncs,
            "errors": _troubles(context, who, partner.partner_code),
        }
    )


def place_by_name(user: User) -> Place:
    """Where a user is in a list by name."""
    return Place(user.name, user.id)


def _shown(context: Context, partner: Partner, who: Caller) -> PartnerShown:
    return PartnerShown.of(partner, context.partners.codes(), whole=who.is_admin)


def _troubles(context: Context, who: Caller, code: str | None = None) -> list[TroubleShown]:
    return [TroubleShown.of(each) for each in troubles(context, code, who.customer_id)]
