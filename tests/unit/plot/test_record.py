from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from satlog_native.errors import AnalysisError
from satlog_native.plot import Product, WorkRecord, work_record_from


def test_fields_are_taken_over() -> None:
    record = work_record_from({"customer": "Rice Farms", "field": 40, "licence": None})
    assert record == WorkRecord(customer="Rice Farms", field="40")


def test_one_product_needs_no_list() -> None:
    record = work_record_from({"product": "Propanil", "dose": "3 qt/ac"})
    assert record.products == (Product(name="Propanil", dose="3 qt/ac"),)


def test_several_products() -> None:
    record = work_record_from({"products": [{"name": "A", "registration": 1}, {"name": "B"}]})
    assert record.products == (Product(name="A", registration="1"), Product(name="B"))


def test_dates_become_text_and_lines_of_remarks_stay() -> None:
    record = work_record_from({"re_entry": date(2025, 7, 15), "remarks": "one\ntwo \x07\nthree"})
    assert record.re_entry == "2025-07-15"
    assert record.remarks == "one\ntwo\nthree"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"costumer": "x"}, "no field 'costumer'; did you mean 'customer'?"),
        ({"zzz": "x"}, "choose from operator, customer"),
        ({5: "x"}, "no field '5'"),
        ({"field": ["a"]}, "'field' is a list of 1, expected a text"),
        ({"field": True}, "'field' is a bool"),
        ({"field": "x" * 301}, "301 characters, more than 300"),
        ({"products": "Propanil"}, "'products' is a str, expected a list"),
        ({"products": ["Propanil"]}, "product 1 is a str"),
        ({"products": [{"name": "A"}, {"doze": "1"}]}, "product 2 has no field 'doze'"),
        ({"products": [{}] * 31}, "a list of 31, expected a list of up to 30"),
        ({"products": [], "dose": "1"}, "'products' and 'dose' are both given"),
        ({"time_zone": "Mars/Base"}, "no time zone 'Mars/Base'"),
        (["customer"], "it is a list of 1, expected fields"),
    ],
)
def test_mistakes_are_told(given: Any, problem: str) -> None:
    with pytest.raises(AnalysisError) as caught:
        work_record_from(given)
    assert problem in str(caught.value)
