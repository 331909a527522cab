"""What the log of a flight cannot know of its work: customer, field, product, licence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Final

from satlog_native.errors import AnalysisError
from satlog_native.plot.text import shown, zone_of

#: Longest texts, in characters: of a fact, and of the remarks.
_MOST: Final = 300
_MOST_REMARKS: Final = 4000

_MOST_PRODUCTS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product that was applied.

    Attributes
    ----------
    name : str
    registration : str
        Registration or authorisation number.
    dose : str
        As it was ordered, with its unit.
    batch : str
    """

    name: str = ""
    registration: str = ""
    dose: str = ""
    batch: str = ""


@dataclass(frozen=True, kw_only=True)
class WorkRecord:
    """Facts of a work record that a person gives; empty ones are left out of it.

    ``pilot``, ``aircraft`` and ``job`` stand before what the log says.

    Attributes
    ----------
    operator, customer, address, field, location, crop, growth_stage, target, job : str
        Who applied for whom, where, on what, against what.
    products : tuple of Product
    carrier, nozzles, droplets, re_entry, pre_harvest : str
        Carrier and its dose, nozzles, droplet spectrum; intervals before re-entry and harvest.
    pilot, licence, aircraft : str
    remarks : str
        Line breaks are kept.
    time_zone : str
        IANA name; times are shown in it.
    """

    operator: str = ""
    customer: str = ""
    address: str = ""
    field: str = ""
    location: str = ""
    crop: str = ""
    growth_stage: str = ""
    target: str = ""
    job: str = ""
    products: tuple[Product, ...] = ()
    carrier: str = ""
    nozzles: str = ""
    droplets: str = ""
    re_entry: str = ""
    pre_harvest: str = ""
    pilot: str = ""
    licence: str = ""
    aircraft: str = ""
    remarks: str = ""
    time_zone: str = "UTC"


_PRODUCT_FIELDS: Final = tuple(each.name for each in fields(Product))
_FIELDS: Final = tuple(each.name for each in fields(WorkRecord))

#: A record with one product may name its facts without a list.
_OF_ONE_PRODUCT: Final = {"product": "name", **{n: n for n in _PRODUCT_FIELDS if n != "name"}}


def work_record_from(mapping: Mapping[str, Any]) -> WorkRecord:
    """A work record from plain values, as YAML, JSON or a command line give them.

    Parameters
    ----------
    mapping : mapping
        Keys are the attributes of :class:`WorkRecord`. ``products`` is a list of mappings with the
        attributes of :class:`Product`; in its place one product's may stand by themselves:
        ``product`` (its name), ``registration``, ``dose``, ``batch``. Values are text, numbers or
        dates; None is as if it were not there.

    Raises
    ------
    AnalysisError
        For an unknown key, a value that is no text, a text that is too long, or an unknown time
        zone.
    """
    if not isinstance(mapping, Mapping):
        raise _wrong(f"it is {_kind(mapping)}, expected fields with their values")
    given = {_key(key): value for key, value in mapping.items() if value is not None}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key != "products" and key not in _OF_ONE_PRODUCT:
            values[key] = _text(key, value)
    values["products"] = _products(given)
    if "time_zone" in values:
        zone_of(values["time_zone"])
    return WorkRecord(**values)


def _key(key: object) -> str:
    known = (*_FIELDS, *_OF_ONE_PRODUCT)
    if key not in known:
        near = get_close_matches(shown(key, 40), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "choose from " + ", ".join(known)
        raise _wrong(f"there is no field {shown(key, 40)!r}; {hint}")
    return str(key)


def _products(given: Mapping[str, Any]) -> tuple[Product, ...]:
    single = {name: _text(key, given[key]) for key, name in _OF_ONE_PRODUCT.items() if key in given}
    if "products" not in given:
        return (Product(**single),) if any(single.values()) else ()
    if single:
        key = next(key for key in _OF_ONE_PRODUCT if key in given)
        raise _wrong(f"'products' and {key!r} are both given; put all into 'products'")
    listed = given["products"]
    if not isinstance(listed, list | tuple) or len(listed) > _MOST_PRODUCTS:
        raise _wrong(
            f"'products' is {_kind(listed)}, expected a list of up to {_MOST_PRODUCTS} products"
        )
    return tuple(_product(number, each) for number, each in enumerate(listed, 1))


def _product(number: int, given: Any) -> Product:
    where = f"product {number}"
    if not isinstance(given, Mapping):
        raise _wrong(f"{where} is {_kind(given)}, expected fields: {', '.join(_PRODUCT_FIELDS)}")
    for key in given:
        if key not in _PRODUCT_FIELDS:
            raise _wrong(
                f"{where} has no field {shown(key, 40)!r}; choose from {', '.join(_PRODUCT_FIELDS)}"
            )
    return Product(**{str(k): _text(f"{where}: {k}", v) for k, v in given.items() if v is not None})


def _text(name: str, value: Any) -> str:
    """A value as text; only remarks keep their line breaks."""
    if isinstance(value, bool | bytes | Mapping | list | tuple | set):
        raise _wrong(f"{name!r} is {_kind(value)}, expected a text; put it in quotes")
    text, most = str(value), _MOST_REMARKS if name == "remarks" else _MOST
    if len(text) > most:
        raise _wrong(f"{name!r} has {len(text):,} characters, more than {most:,}; shorten it")
    lines = text.splitlines() if name == "remarks" else [text]
    return "\n".join(shown(line, most) for line in lines).strip()


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    size = f" of {len(value)}" if isinstance(value, list | tuple) else ""
    return f"a {type(value).__name__}{size}"


def _wrong(problem: str) -> AnalysisError:
    return AnalysisError(f"work record: {problem}")
