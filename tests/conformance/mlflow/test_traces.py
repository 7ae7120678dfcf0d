"""Traces: what tracing and the automatic logging of GenAI libraries send, read back by the unmodified client."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import SpanType, Trace
from mlflow.exceptions import RestException
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conformance.mlflow.wire import Json, Wire, unique

TRACES = "/api/3.0/mlflow/traces"
EXPORT = "/v1/traces"


@pytest.fixture
def active(client: MlflowClient, name: str) -> Iterator[str]:
    """The id of a fresh experiment that the client's tracing goes to."""
    experiment = mlflow.set_experiment(name)
    yield experiment.experiment_id
    mlflow.flush_trace_async_logging()


def info(trace_id: str, experiment: str, **fields: object) -> Json:
    """The record of a trace as a client sends it."""
    return {
        "trace_id": trace_id,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": experiment},
        },
        "request_time": "2026-01-02T03:04:05.678Z",
        "execution_duration": "1.5s",
        "state": "OK",
        **fields,
    }


def record(wire: Wire, trace_id: str, experiment: str, **fields: object) -> Json:
    answer: Json = wire.ok(
        "POST", TRACES, json={"trace": {"trace_info": info(trace_id, experiment, **fields)}}
    )
    found: Json = answer["trace"]["trace_info"]
    return found


def export(trace: bytes = b"\1" * 16, span: bytes = b"\2" * 8, name: str = "step") -> bytes:
    request = ExportTraceServiceRequest()
    added = request.resource_spans.add().scope_spans.add().spans.add()
    added.trace_id, added.span_id, added.name = trace, span, name
    added.start_time_unix_nano, added.end_time_unix_nano = 1_000_000_000, 2_500_000_000
    body: bytes = request.SerializeToString()
    return body


def send(wire: Wire, experiment: str, body: bytes, **headers: str) -> int:
    fields = {"Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": experiment, **headers}
    return wire.call("POST", EXPORT, data=body, headers=fields).status_code


def test_a_decorated_function_becomes_a_tree_of_spans(client: MlflowClient, active: str) -> None:
    @mlflow.trace(span_type=SpanType.RETRIEVER, attributes={"index": "flights"})
    def look_up(question: str) -> list[str]:
        return [question, "äöü 🛫"]

    @mlflow.trace
    def answer(question: str) -> dict[str, object]:
        return {"found": look_up(question), "score": 0.25, "nested": {"n": [1, None, True]}}

    expected = answer("why late?")
    trace_id = mlflow.get_last_active_trace_id()
    assert trace_id
    mlflow.flush_trace_async_logging()

    trace = client.get_trace(trace_id)
    assert trace.info.experiment_id == active
    assert trace.info.state == "OK"
    assert trace.info.execution_duration is not None
    root, child = sorted(trace.data.spans, key=lambda span: span.parent_id is not None)
    assert (root.name, child.name, child.parent_id) == ("answer", "look_up", root.span_id)
    assert root.inputs == {"question": "why late?"}
    assert root.outputs == expected
    assert child.span_type == SpanType.RETRIEVER
    assert child.attributes["index"] == "flights"


def test_an_exception_is_a_failed_trace_with_its_event(client: MlflowClient, active: str) -> None:
    @mlflow.trace
    def fail() -> None:
        raise ValueError("no such flight")

    with pytest.raises(ValueError, match="no such flight"):
        fail()
    trace_id = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()
    trace = client.get_trace(trace_id)
    assert trace.info.state == "ERROR"
    (event,) = trace.data.spans[0].events
    assert event.attributes["exception.message"] == "no such flight"


def test_search_by_state_tag_metadata_name_and_run(client: MlflowClient, active: str) -> None:
    with mlflow.start_run(experiment_id=active) as run, mlflow.start_span("inside"):
        mlflow.update_current_trace(tags={"team": "blue"}, metadata={"origin": "test"})
    with mlflow.start_span("outside") as span:
        span.set_status("ERROR")
    mlflow.flush_trace_async_logging()

    def found(filter_string: str | None = None, **options: object) -> list[str]:
        traces: list[Trace] = client.search_traces(locations=[active], filter_string=filter_string, **options)
        return [trace.info.tags["mlflow.traceName"] for trace in traces]

    assert found() == ["outside", "inside"]
    assert found(order_by=["timestamp_ms ASC"]) == ["inside", "outside"]
    assert found("status = 'ERROR'") == ["outside"]
    assert found("tags.team = 'blue'") == ["inside"]
    assert found("metadata.origin = 'test'") == ["inside"]
    assert found("name LIKE 'out%'") == ["outside"]
    assert found(f"attributes.run_id = '{run.info.run_id}'") == ["inside"]
    assert found("timestamp_ms > 0 AND execution_time_ms >= 0") == ["outside", "inside"]
    first = client.search_traces(locations=[active], max_results=1)
    assert [t.info.tags["mlflow.traceName"] for t in first] == ["outside"]
    second = client.search_traces(locations=[active], max_results=1, page_token=first.token)
    assert [t.info.tags["mlflow.traceName"] for t in second] == ["inside"]
    after = (
        client.search_traces(locations=[active], max_results=1, page_token=second.token)
        if second.token
        else []
    )
    assert not after


def test_tags_and_deletion(client: MlflowClient, active: str) -> None:
    ids = []
    for _ in range(3):
        with mlflow.start_span("s") as span:
            ids.append(span.trace_id)
    mlflow.flush_trace_async_logging()
    client.set_trace_tag(ids[0], "k", "v")
    assert client.get_trace(ids[0]).info.tags["k"] == "v"
    client.delete_trace_tag(ids[0], "k")
    assert "k" not in client.get_trace(ids[0]).info.tags
    assert client.delete_traces(active, trace_ids=[ids[1]]) == 1
    with pytest.raises(Exception, match="not found"):
        client.get_trace(ids[1])
    assert client.delete_traces(active, max_timestamp_millis=int(1e15)) == 2
    assert client.search_traces(locations=[active]) == []


def test_what_the_client_says_of_a_trace_comes_back(wire: Wire, experiment: str) -> None:
    trace_id = unique("tr")
    fields = {
        "client_request_id": "mine",
        "request_preview": "why?",
        "response_preview": "because",
        "trace_metadata": {"mlflow.trace_schema.version": "3", "k": "v"},
        "tags": {"t": "1"},
    }
    record(wire, trace_id, experiment, **fields)
    found = wire.get(f"{TRACES}/{trace_id}")["trace"]["trace_info"]
    assert found["trace_location"]["mlflow_experiment"] == {"experiment_id": experiment}
    for name in ("client_request_id", "request_preview", "response_preview"):
        assert found[name] == fields[name]
    assert found["state"] == "OK"
    assert found["execution_duration"].rstrip("s").rstrip("0") == "1.5"
    assert found["request_time"].startswith("2026-01-02T03:04:05.678")
    assert found["trace_metadata"]["k"] == "v"
    assert found["tags"]["t"] == "1"
    many = wire.ok("POST", f"{TRACES}/batchGetInfos", json={"trace_ids": [trace_id, "tr-none"]})
    assert [one["trace_id"] for one in many["trace_infos"]] == [trace_id]


def test_recording_again_is_no_second_trace(wire: Wire, experiment: str) -> None:
    trace_id = unique("tr")
    for state in ("IN_PROGRESS", "OK", "OK"):
        record(wire, trace_id, experiment, state=state)
    locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}]
    found = wire.ok("POST", f"{TRACES}/search", json={"locations": locations})["traces"]
    assert [(one["trace_id"], one["state"]) for one in found] == [(trace_id, "OK")]


def test_another_programs_spans_begin_a_trace(wire: Wire, experiment: str) -> None:
    trace = struct.pack(">QQ", 7, int(experiment))
    assert send(wire, experiment, export(trace=trace)) == 200
    found = wire.get(f"{TRACES}/get", trace_id=f"tr-{trace.hex()}", allow_partial="true")["trace"]
    assert [span["name"] for span in found["spans"]] == ["step"]
    assert found["trace_info"]["execution_duration"].rstrip("s").rstrip("0") == "1.5"
    assert found["trace_info"]["tags"]["mlflow.trace.spansLocation"] == "TRACKING_STORE"


def test_a_file_of_a_trace_is_kept_with_it(wire: Wire, experiment: str) -> None:
    trace_id = unique("tr")
    record(wire, trace_id, experiment)
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/{trace_id}/artifacts/attachments/x"
    assert wire.call("PUT", path, data=b"bytes").status_code == 200
    assert wire.call("GET", path).content == b"bytes"


@pytest.mark.differs("takes a file for a trace that there is not")
def test_a_trace_that_is_not_there_keeps_no_files(wire: Wire, experiment: str) -> None:
    path = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/traces/tr-none/artifacts/x"
    assert wire.call("PUT", path, data=b"bytes").status_code == 404


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-protobuf"),
        (b"no protobuf at all", "application/x-protobuf"),
        (b"\x0a\xff\xff\xff\xff\x0f", "application/x-protobuf"),
        (export(), "text/plain"),
    ],
)
def test_what_is_no_export_is_refused(wire: Wire, experiment: str, body: bytes, content_type: str) -> None:
    assert send(wire, experiment, body, **{"Content-Type": content_type}) in (400, 422)
    assert not wire.ok(
        "POST",
        f"{TRACES}/search",
        json={"locations": [{"mlflow_experiment": {"experiment_id": experiment}}]},
    )


def test_an_export_breaking_off_anywhere_stores_nothing(wire: Wire, experiment: str) -> None:
    body = export(trace=struct.pack(">QQ", 8, int(experiment)))
    for size in range(1, len(body)):
        assert send(wire, experiment, body[:size]) == 400


@pytest.mark.differs("422 or 500")
@pytest.mark.parametrize(
    ("trace", "span"), [(b"", b"\2" * 8), (b"\1" * 16, b""), (b"\1" * 3, b"\2" * 8), (b"\0" * 16, b"\2" * 8)]
)
def test_spans_without_proper_ids_are_refused(wire: Wire, experiment: str, trace: bytes, span: bytes) -> None:
    assert send(wire, experiment, export(trace=trace, span=span)) == 400


def test_unknown_traces_and_experiments(wire: Wire, experiment: str) -> None:
    wire.refused("GET", f"{TRACES}/tr-none", 404, "RESOURCE_DOES_NOT_EXIST")
    body = {"trace": {"trace_info": info(unique("tr"), "99999999")}}
    wire.refused("POST", TRACES, 404, "RESOURCE_DOES_NOT_EXIST", json=body)
    assert send(wire, "99999999", export()) == 404


@pytest.mark.differs("stores what it cannot read as nothing, or answers 500")
@pytest.mark.parametrize(
    "fields",
    [
        {"state": "DONE"},
        {"execution_duration": "soon"},
        {"execution_duration": "1e400s"},
        {"request_time": "yesterday"},
        {"trace_id": "../x"},
        {"trace_id": ""},
        {"tags": {"k": 1}},
        {"tags": {"a\0b": "x"}},
        {"trace_location": {"type": "INFERENCE_TABLE"}},
    ],
)
def test_ill_formed_traces_are_refused(wire: Wire, experiment: str, fields: Json) -> None:
    body = {"trace": {"trace_info": info(unique("tr"), experiment) | fields}}
    wire.refused("POST", TRACES, 400, "INVALID_PARAMETER_VALUE", json=body)


def test_deletion_says_what_it_needs(client: MlflowClient, wire: Wire, experiment: str) -> None:
    for body in (
        {},
        {"max_timestamp_millis": 1, "request_ids": ["tr-1"]},
        {"request_ids": ["tr-1"], "max_traces": 1},
        {"max_timestamp_millis": 1, "max_traces": 0},
    ):
        wire.invalid("traces/delete-traces", experiment_id=experiment, **body)


def test_linking_to_a_run(client: MlflowClient, wire: Wire, active: str) -> None:
    run = wire.create_run(active)
    with mlflow.start_span("linked") as span:
        pass
    client.link_traces_to_run([span.trace_id], run)
    mlflow.flush_trace_async_logging()
    found = client.search_traces(locations=[active], filter_string=f"attribute.run_id = '{run}'")
    assert [trace.info.trace_id for trace in found] == [span.trace_id]
    with pytest.raises(RestException):
        client.search_traces(locations=[active], filter_string="metrics.m > 1")
