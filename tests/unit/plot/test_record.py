from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from satlog_native.errors import AnalysisError
from satlog_native.plot import Product, WorkRecord, read_work_record, work_record_from


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


def test_yaml_keeps_texts_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "record.yaml"
    file.write_text(
        "# of July\n"
        "customer: Peña & Söhne\n"
        "licence: 00417\n"
        "crop: No\n"
        "re_entry: 2025-07-15\n"
        "field:\n"
        "products:\n"
        "  - {name: Propanil, batch: 1e5}\n"
        "remarks: |\n"
        "  one\n"
        "  two\n",
        "utf-8",
    )
    record = work_record_from(read_work_record(file))
    assert record == WorkRecord(
        customer="Peña & Söhne",
        licence="00417",
        crop="No",
        re_entry="2025-07-15",
        products=(Product(name="Propanil", batch="1e5"),),
        remarks="one\ntwo",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"costumer: x", "no field 'costumer'; did you mean 'customer'?"),
        (b"", "it is empty, expected fields"),
        (b"- customer", "it is a list of 1, expected fields"),
        (b"customer: a\ncrop: b\ncustomer: c", "line 3: the field 'customer' is there twice"),
        (b"products: [{name: a, name: b}]", "line 1: the field 'name' is there twice"),
        (b"customer: a\n\tcrop: b", "line 2: "),
        (b"customer: 'a", "line 1: "),
        (b"customer: \xff\xfe", "it is no YAML text"),
        (b"? [a, b]\n: c", "line 1: found unhashable key"),
        (b"customer: !!python/object/apply:os.system [id]", "'customer' is a list of 1"),
        (b"customer: " + b"[" * 20_000, "it is no YAML text"),
        (b"customer: " + b"x" * 70_000, "larger than 65,536 bytes"),
        (b"<<: {customer: a}", "no field '<<'"),
    ],
)
def test_yaml_that_is_no_record(text: bytes, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "record.yaml"
    file.write_bytes(text)
    with pytest.raises(AnalysisError) as caught:
        read_work_record(file)
    assert problem in str(caught.value)
    assert str(file) in str(caught.value)


def test_record_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="cannot be read: No such file"):
        read_work_record(tmp_path / "record.yaml")


def test_few_lines_of_yaml_cannot_become_many_values(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{old}'] * 9)}]"
        for old, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    file = tmp_path / "record.yaml"
    file.write_text("\n".join(lines))
    with pytest.raises(AnalysisError, match="no field 'a'"):
        read_work_record(file)
