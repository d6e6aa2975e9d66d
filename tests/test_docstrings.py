"""The docstrings of what is public say all that a reader needs."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import unsplice

PAGES = Path(__file__).parent.parent / "docs" / "api"
# `unsplice.__all__` has them by the alphabet, the stub as a picture meets them.
STUB = Path(unsplice.__file__).with_suffix(".pyi").read_text("utf-8")
PUBLIC = [name for name in re.findall(r'^    "(\w+)",$', STUB, re.M) if name != "__version__"]
CLASSES = [name for name in PUBLIC if inspect.isclass(getattr(unsplice, name))]
FUNCTIONS = [name for name in PUBLIC if name not in CLASSES]
METHODS = [
    f"{name}.{method}"
    for name in CLASSES
    for method, value in vars(getattr(unsplice, name)).items()
    if not method.startswith("_")
    and (inspect.isfunction(value) or isinstance(value, classmethod | staticmethod))
]


def sections(documented: Any) -> dict[str, str]:
    """Return the sections of a docstring by their titles; what stands before them is ``""``."""
    parts = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", inspect.getdoc(documented) or "", flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section: str) -> dict[str, str]:
    """Return name and type of every entry of a section, as in ``mask : (rows, cols) array``."""
    found = {}
    for names, kind in re.findall(r"^(\*{0,2}\w[\w, *]*?) : (.+)$", section, re.M):
        found |= {name.strip(" *"): kind for name in names.split(",")}
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_it_takes_gives_and_raises_and_shows_it(name: str) -> None:
    function = getattr(unsplice, name)
    found = sections(function)
    assert {"Parameters", "Returns", "Raises", "Examples"} <= set(found)
    assert ">>>" in found["Examples"]
    signature = inspect.signature(function)
    assert list(entries(found["Parameters"])) == list(signature.parameters)
    arrays = [
        kind
        for kind in (*entries(found["Parameters"]).values(), found["Returns"].partition("\n")[0])
        if re.search(r"\barrays?\b", kind)
    ]
    for kind in arrays:
        assert re.search(r"\(.*\)|shape", kind), f"the shape is missing: {kind}"


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_says_what_it_holds_and_shows_it(name: str) -> None:
    kind = getattr(unsplice, name)
    found = sections(kind)
    assert ">>>" in found.get("Examples", "")
    if dataclasses.is_dataclass(kind):
        # A field whose name begins with an underscore is nobody's business.
        fields = [field.name for field in dataclasses.fields(kind) if field.name[0] != "_"]
        assert [entry for entry in entries(found["Attributes"]) if entry in fields] == fields


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_what_it_takes_and_gives(name: str) -> None:
    kind, method = name.split(".")
    function = getattr(getattr(unsplice, kind), method)
    found = sections(function)
    taken = [taken for taken in inspect.signature(function).parameters if taken != "self"]
    assert list(entries(found.get("Parameters", ""))) == taken
    if inspect.signature(function).return_annotation not in (None, "None"):
        assert "Returns" in found


def test_the_stub_lists_what_is_public() -> None:
    assert sorted(PUBLIC) == sorted(set(unsplice.__all__) - {"__version__"})


def test_the_pages_have_every_public_name_once_and_in_order() -> None:
    text = (PAGES.parent / "site" / "mkdocs.yml").read_text("utf-8")
    pages = re.findall(r"api/([a-z-]+)\.md", text)
    named = [
        name
        for page in pages
        for name in re.findall(
            r"^::: unsplice\.(\w+)$", (PAGES / f"{page}.md").read_text("utf-8"), re.M
        )
    ]
    assert {path.stem for path in PAGES.glob("*.md")} == set(pages)
    assert named == PUBLIC
