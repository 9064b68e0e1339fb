"""Manages a server with torchserve-client, unchanged, over REST and gRPC. argv[1]: {"rest": "host:port", "grpc": "host:port"}. Prints {"check": "ok" or why}."""

import json
import sys
import traceback

import grpc
import requests
from torchserve_client import TorchServeClientGRPC, TorchServeClientREST
from torchserve_client.proto import inference_pb2

at = json.loads(sys.argv[1])
host, port = at["rest"].split(":")
rest = TorchServeClientREST(f"http://{host}", management_port=port, inference_port=port).management
grpc_port = at["grpc"].split(":")[1]
client = TorchServeClientGRPC(f"http://{host}", management_port=grpc_port, inference_port=grpc_port)
row = b"[5.1, 3.5, 1.4, 0.2]"


def predict(name, version=None):
    path = name if version is None else f"{name}/{version}"
    return requests.post(f"http://{at['rest']}/predictions/{path}", data=row)


def workers(description):
    return [(one["modelVersion"], [worker["status"] for worker in one["workers"]]) for one in description]


def refused(call, code, *words):
    try:
        call()
    except requests.HTTPError as error:
        body = error.response.json()
        assert body["code"] == error.response.status_code == code, body
        assert all(word in body["message"] for word in words), body
        return
    except grpc.RpcError as error:
        assert error.code() == code and all(word in error.details() for word in words), error
        return
    raise AssertionError("it was not refused")


def over_rest():
    answer = rest.register_model("spare.onnx", model_name="rose", initial_workers=1, synchronous=True)
    assert answer == {"status": 'Model "rose" Version: 1 registered with 1 initial workers'}, answer
    assert predict("rose").json()["label"] == 0
    assert rest.scale_workers("rose", min_worker=1, max_worker=3)["status"] == "Processing worker updates..."
    assert workers(rest.describe_model("rose")) == [("1", ["READY"])]
    assert rest.describe_model("rose", customized=True)[0]["customizedMetadata"]["inputs"][0]["name"] == "X"
    assert [one["modelName"] for one in rest.list_models(limit=10)["models"]] == ["noop", "rose"]
    assert rest.set_default_version("noop", "1.0")["status"].endswith('for model "noop" to "1.0"')
    assert rest.describe_model("noop")[0]["modelVersion"] == "1"
    assert rest.set_default_version("noop", "2")["status"].endswith('for model "noop" to "2"')
    assert rest.unregister_model("rose") == {"status": 'Model "rose" unregistered'}
    assert predict("rose").status_code == 404
    assert "/predictions/noop" in rest.api_description()["paths"]


def errors_over_rest():
    refused(lambda: rest.register_model("spare.mar"), 501, ".mar", "mdeploy convert")
    refused(lambda: rest.register_model("../secret"), 400, "../secret")
    refused(lambda: rest.register_model("noop"), 409, "served already")
    refused(lambda: rest.register_model("broken.onnx"), 400, "could not be loaded")
    refused(lambda: rest.scale_workers("noop", min_worker=4), 501, "min_worker=4", "replicas")
    refused(lambda: rest.unregister_model("noop"), 403, "default")
    refused(lambda: rest.describe_model("nope"), 404, "nope")


def over_grpc():
    manage = client.management
    answer = manage.register_model(url="spare.onnx", model_name="tulip", initial_workers=1, synchronous=True).msg
    assert answer == 'Model "tulip" Version: 1 registered with 1 initial workers', answer
    request = inference_pb2.PredictionsRequest(model_name="tulip", input={"data": row})
    expected = predict("tulip").json()
    assert json.loads(client.inference.stub.Predictions(request).prediction) == expected
    streamed = list(client.inference.stub.StreamPredictions(request))
    assert [json.loads(one.prediction) for one in streamed] == [expected], streamed
    assert manage.scale_worker("tulip", min_worker=1, synchronous=True).msg == "Workers scaled to 1 for model: tulip"
    assert workers(json.loads(manage.describe_model("tulip").msg)) == [("1", ["READY"])]
    assert "tulip" in manage.list_models(limit=10).msg
    assert "updated" in manage.set_default("noop", "1").msg
    assert json.loads(manage.describe_model("noop").msg)[0]["modelVersion"] == "1"
    manage.set_default("noop", "2")
    assert manage.unregister_model("tulip").msg == 'Model "tulip" unregistered'
    refused(lambda: client.inference.stub.Predictions(request), grpc.StatusCode.NOT_FOUND, "tulip")
    refused(lambda: list(client.inference.stub.StreamPredictions(request)), grpc.StatusCode.NOT_FOUND, "tulip")


def errors_over_grpc():
    manage = client.management
    refused(lambda: manage.register_model(url="a.mar"), grpc.StatusCode.UNIMPLEMENTED, ".mar")
    refused(lambda: manage.register_model(url="/etc"), grpc.StatusCode.INVALID_ARGUMENT, "/etc")
    refused(lambda: manage.register_model(url="noop"), grpc.StatusCode.ALREADY_EXISTS, "served already")
    refused(lambda: manage.scale_worker("noop", min_worker=4), grpc.StatusCode.UNIMPLEMENTED, "min_worker=4")
    refused(lambda: manage.unregister_model("noop"), grpc.StatusCode.FAILED_PRECONDITION, "default")
    refused(lambda: manage.describe_model("nope"), grpc.StatusCode.NOT_FOUND, "nope")


def eight_megabytes():
    rest.register_model("wide.onnx", model_name="wide")
    values = [0.5] * 2_000_000
    assert requests.post(f"http://{at['rest']}/predictions/wide", json=values).json() == values
    request = inference_pb2.PredictionsRequest(model_name="wide", input={"data": json.dumps(values).encode()})
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    stub = type(client.inference.stub)(grpc.insecure_channel(at["grpc"], options))
    (answer,) = stub.StreamPredictions(request)
    assert json.loads(answer.prediction) == values
    rest.unregister_model("wide")


checks = [over_rest, errors_over_rest, over_grpc, errors_over_grpc, eight_megabytes]

results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
