"""The demonstration, told to a collector that reads it with OpenTelemetry's own package, from a foreign provider of models."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from conftest import KEY, RUN, project_at
from provider import Provider

MESSAGES = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}


@contextmanager
def collector():
    """A collector on loopback: its address, and every message that it was sent, with its bytes."""
    came = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append((MESSAGES[self.path].FromString(body), body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()


def attributes(of) -> dict:
    return {it.key: getattr(it.value, it.value.WhichOneof("value")) for it in of.attributes}


def test_a_collector_is_told_the_whole_run_and_none_of_its_texts(tmp_path, recorded, agreed):
    with Provider(tmp_path, agreed) as provider, collector() as (address, came):
        project = project_at(tmp_path / "project", provider)
        project.variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = address
        project.run(*RUN, *recorded.answer_arguments())
    run = project.json("status", "last")
    spans = []
    metrics = {}
    for message, body in came:
        assert KEY.encode() not in body
        for asked, answer in agreed.items():
            assert asked.prompt.encode() not in body and answer.text.encode() not in body
        for resource in getattr(message, "resource_spans", ()):
            assert attributes(resource.resource)["service.name"] == "stepwell"
            spans += [span for scope in resource.scope_spans for span in scope.spans]
        for resource in getattr(message, "resource_metrics", ()):
            metrics = {it.name: it for scope in resource.scope_metrics for it in scope.metrics}
    by_id = {span.span_id: span for span in spans}
    assert len(by_id) == len(spans)
    assert {span.trace_id.hex() for span in spans} == {run["id"].replace("-", "")}
    [root] = [span for span in spans if not span.parent_span_id]
    assert root.name == "invoke_workflow untested_coding"
    calls = [span for span in spans if span.name.startswith("chat ")]
    assert {attributes(call)["stepwell.call.id"] for call in calls} == {
        call["id"] for call in project.json("calls", "last")
    }
    for call in calls:
        attempt = by_id[call.parent_span_id]
        execution = by_id[attempt.parent_span_id]
        assert execution.parent_span_id == root.span_id
        assert root.start_time_unix_nano <= call.start_time_unix_nano <= call.end_time_unix_nano
        assert call.end_time_unix_nano <= root.end_time_unix_nano
        assert attributes(call)["gen_ai.prompt.version"] == "1"
    for kind in ("input", "output"):
        spent = run["spent"][f"{kind}_tokens"]
        assert sum(attributes(call)[f"gen_ai.usage.{kind}_tokens"] for call in calls) == spent
        points = metrics["gen_ai.client.token.usage"].histogram.data_points
        assert sum(point.sum for point in points if attributes(point)["gen_ai.token.type"] == kind) == spent
