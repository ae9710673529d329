from __future__ import annotations

import re
from pathlib import Path

import yaml
from openapi_spec_validator import validate

from jupyter_flows import server
from jupyter_flows.server.contract import CONTRACTS
from jupyter_flows.server.description import description
from jupyter_flows.server.routes import PLACES, ROUTES

FILE = Path(server.__file__).parent / "openapi.yaml"


def test_the_file_of_the_description_is_what_is_made_from_routes_and_shapes():
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as quick, where PyYAML was built with it
    found = yaml.load(FILE.read_text(encoding="utf-8"), loader)
    advice = "write it anew: python -m jupyter_flows.server.description > jupyter_flows/server/openapi.yaml"
    assert found == description(), advice


def test_the_description_is_an_openapi_document():
    validate(description())


def test_each_route_has_a_contract_and_each_contract_a_route():
    names = [route.name for route in ROUTES]
    assert len(names) == len(set(names))
    assert set(names) == set(CONTRACTS)


def test_a_path_holds_only_places_whose_text_is_bounded():
    for route in ROUTES:
        assert set(re.findall(r"\{(\w+)\}", route.path)) <= set(PLACES)
    assert not any("." in pattern.replace(r"\.", "") for pattern in PLACES.values())
