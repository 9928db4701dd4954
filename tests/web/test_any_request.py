"""Requests of any kind, made from the description of the API: no server error, no answer that it does not name."""

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

DESCRIBED = json.loads((Path(__file__).parents[2] / "page" / "openapi.json").read_text("utf-8"))
HOST = "127.0.0.1:8000"
LEFT_OUT = {"/api/events": "goes on without end", "/api/demo": "draws for seconds, and takes nothing"}
ROUTES = [
    (method.upper(), path) for path, methods in DESCRIBED["paths"].items() if path not in LEFT_OUT for method in methods
]
N_EXAMPLES = 5
"""Requests of each route and each run of the tests."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def database_url():
    """What a request may ask is the same on any database."""
    return ""


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_request_breaks_the_service(client, counted, method, path):
    known = {"sample": counted["sample"], "photograph": counted["id"], "job": counted["job"]["id"]}
    known["count"] = counted["count"]["id"]
    operation = schemathesis.openapi.from_asgi("/api/openapi.json", client.app, headers={"Host": HOST})[path][method]

    @seed(0)
    @settings(max_examples=N_EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def ask(case, is_known):
        if is_known:  # of what there is
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        headers = {"X-CSRF-Token": client.headers["X-CSRF-Token"], "Host": HOST}
        case.call_and_validate(headers=headers, cookies=dict(client.cookies), checks=CHECKS)

    ask()
