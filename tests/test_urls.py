"""URLs go where paths go, tell no secret, and call up nothing that nobody named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from unsplice.errors import ReadError
from unsplice.listing import listed, located
from unsplice.urls import Url, as_path


def test_a_password_is_never_told_nor_used(run: Any) -> None:
    path = as_path("http://name:secret@127.0.0.1:9/a.jpg")
    assert "secret" not in str(path)
    ran = run("localize", "http://name:secret@127.0.0.1:9/a.jpg", "--json")
    assert ran.code == 1
    assert "secret" not in ran.out + ran.err
    assert json.loads(ran.out)["error"]["code"] == "E105"


@pytest.mark.parametrize("scheme", ["local", "data", "zip", "github", "filecache::s3"])
def test_what_leads_back_to_this_machine_or_wraps_another_is_not_read(scheme: str) -> None:
    with pytest.raises(ReadError, match="nothing is read from"):
        Url(f"{scheme}://etc/hostname").read()


def test_a_table_of_this_machine_calls_up_no_web_address(tmp_path: Path) -> None:
    table = tmp_path / "list.txt"
    table.write_text("http://169.254.169.254/latest\ns3://bucket/a.jpg\n", "utf-8")
    (web, _), (store, _) = listed(table)
    assert not isinstance(web, Url)
    assert not web.exists()
    assert store == Url("s3://bucket/a.jpg")
    assert isinstance(located(Url("s3://bucket/tables"), "http://example.org/a.jpg"), Url)


def test_what_never_ends_is_no_table(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unsplice.listing.LARGEST_TABLE", 1000)
    ran = run("localize", "--list", "/dev/zero")
    assert ran.code == 2
    assert "error[E181]: cannot read the table /dev/zero: it has more than 1,000 bytes" in ran.err
