"""Drives a server with torchserve-client, unchanged. argv[1]: {"model name": ["grpc host:port", "REST host:port"]}. Prints {"check": "ok" or why}."""

import io
import json
import sys
import traceback

import grpc
import requests
from torchserve_client import TorchServeClientREST
from torchserve_client.proto import inference_pb2, inference_pb2_grpc

servers = json.loads(sys.argv[1])
iris_grpc, iris_rest = servers["iris"]
host, port = iris_rest.split(":")
rest = TorchServeClientREST(f"http://{host}", management_port=port, inference_port=port)
# The wrapper of 0.0.2 names a field that its own messages do not have, so its stubs are used.
stub = inference_pb2_grpc.InferenceAPIsServiceStub(grpc.insecure_channel(iris_grpc))
row = b"[5.1, 3.5, 1.4, 0.2]"


def health():
    assert rest.inference.health_check() == {"status": "Healthy"}
    assert json.loads(stub.Ping(inference_pb2.TorchServeHealthResponse()).health) == {"status": "Healthy"}


def prediction():
    for version in (None, "1", "1.0"):
        answer = rest.inference.prediction("iris", {"data": io.BytesIO(row)}, version)
        assert answer["label"] == 0 and len(answer["probabilities"]) == 3, answer


def predictions_grpc():
    expected = rest.inference.prediction("iris", {"data": io.BytesIO(row)})
    for version in ("", "1.0"):
        request = inference_pb2.PredictionsRequest(model_name="iris", model_version=version, input={"data": row})
        assert json.loads(stub.Predictions(request).prediction) == expected


def eight_megabytes():
    values = [0.5] * 2_000_000
    channel, address = servers["identity_float64"]
    answer = requests.post(f"http://{address}/predictions/identity_float64", json=values).json()
    assert answer == values
    limits = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
    large = inference_pb2_grpc.InferenceAPIsServiceStub(grpc.insecure_channel(channel, options=limits))
    request = inference_pb2.PredictionsRequest(model_name="identity_float64", input={"data": json.dumps(values).encode()})
    assert len(request.input["data"]) > 8_000_000 and json.loads(large.Predictions(request).prediction) == values


def models():
    assert rest.management.list_models() == {"models": [{"modelName": "iris", "modelUrl": "iris.onnx"}]}
    description = rest.management.describe_model("iris", "all")
    assert [(one["modelName"], one["modelVersion"]) for one in description] == [("iris", "1")], description


def errors():
    address = f"http://{iris_rest}/predictions"
    answer = requests.post(f"{address}/nope", data=row)
    assert answer.status_code == 404 and answer.json()["type"] == "ModelNotFoundException", answer.text
    answer = requests.post(f"{address}/iris", files={"data": b"[1, 2]"})
    assert answer.status_code == 400 and answer.json()["code"] == 400, answer.text
    try:
        stub.Predictions(inference_pb2.PredictionsRequest(model_name="nope", input={"data": row}))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND and "nope" in error.details(), error
        return
    raise AssertionError("it was not refused")


checks = [health, prediction, predictions_grpc, eight_megabytes, models, errors]

results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
