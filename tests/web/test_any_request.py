"""Requests of any kind, made from the description of the API: never a server error, never an answer it does not name."""

import random

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

N_EXAMPLES = 12
"""Requests of each route; with thousands it was tried once."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def database_url():
    """What a request may do is the same on any database."""
    return ""


@pytest.fixture
def api(client, counted):
    """The API of a service that has a counted photograph; half of the requests are for what there is."""
    known = {"sample": counted["sample"], "photograph": counted["id"], "count": counted["count"]["id"]}
    known["job"] = counted["job"]["id"]
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", client.app)

    @schema.hook
    def map_path_parameters(context, path_parameters):
        chosen = random.Random(repr(path_parameters))  # noqa: S311  the same request for the same example
        return {
            name: known[name] if name in known and chosen.random() < 0.5 else value
            for name, value in (path_parameters or {}).items()
        }

    return schema.exclude(path="/api/events")  # it goes on without end


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=N_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_service(case, client):
    headers = {"X-CSRF-Token": client.headers["X-CSRF-Token"], "Host": "127.0.0.1:8000"}
    case.call_and_validate(headers=headers, checks=CHECKS)
