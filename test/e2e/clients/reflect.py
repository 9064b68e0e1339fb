"""Calls a server it has no .proto files of, as grpcurl does. argv[1]: ["host:port"]. Prints {"check": "ok" or why}."""

import base64
import json
import struct
import sys
import traceback

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

(address,) = json.loads(sys.argv[1])
limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
channel = grpc.insecure_channel(address, limits)
database = ProtoReflectionDescriptorDatabase(channel)
pool = DescriptorPool(database)


def call(service, method, request):
    found = pool.FindServiceByName(service).FindMethodByName(method)
    message = json_format.ParseDict(request, GetMessageClass(found.input_type)())
    output = GetMessageClass(found.output_type)
    ask = channel.unary_unary(f"/{service}/{method}", type(message).SerializeToString, output.FromString)
    return json_format.MessageToDict(ask(message, timeout=20), descriptor_pool=pool)


def services():
    assert set(database.get_services()) == {
        "tensorflow.serving.PredictionService",
        "tensorflow.serving.ModelService",
        "inference.GRPCInferenceService",
        "org.pytorch.serve.grpc.inference.InferenceAPIsService",
        "org.pytorch.serve.grpc.management.ManagementAPIsService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }, database.get_services()


def every_message():
    for service in database.get_services():
        for method in pool.FindServiceByName(service).methods:
            GetMessageClass(method.input_type)()
            GetMessageClass(method.output_type)()


def health():
    assert call("grpc.health.v1.Health", "Check", {}) == {"status": "SERVING"}
    assert call("grpc.health.v1.Health", "Check", {"service": "inference.GRPCInferenceService"}) == {"status": "SERVING"}


def infer():
    values = {"fp32Contents": [5.1, 3.5, 1.4, 0.2]}
    inputs = [{"name": "X", "datatype": "FP32", "shape": [1, 4], "contents": values}]
    reply = call("inference.GRPCInferenceService", "ModelInfer", {"modelName": "iris", "inputs": inputs})
    assert reply["outputs"][0]["contents"] == {"int64Contents": ["0"]}, reply


def predict():
    x = {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": 1}, {"size": 4}]}, "floatVal": [5.1, 3.5, 1.4, 0.2]}
    request = {"modelSpec": {"name": "iris"}, "inputs": {"X": x}}
    reply = call("tensorflow.serving.PredictionService", "Predict", request)
    assert reply["outputs"]["label"]["int64Val"] == ["0"], reply


def eight_megabytes():
    row = struct.pack("<4f", 5.1, 3.5, 1.4, 0.2)
    raw = base64.b64encode(row * 500_000).decode()
    inputs = [{"name": "X", "datatype": "FP32", "shape": [500_000, 4]}]
    request = {"modelName": "iris", "inputs": inputs, "rawInputContents": [raw]}
    reply = call("inference.GRPCInferenceService", "ModelInfer", request)
    assert base64.b64decode(reply["rawOutputContents"][0]) == bytes(8 * 500_000), reply["outputs"]


def metadata():
    reply = call("inference.GRPCInferenceService", "ModelMetadata", {"name": "iris"})
    assert reply["inputs"] == [{"name": "X", "datatype": "FP32", "shape": ["-1", "4"]}], reply


def errors():
    try:
        call("inference.GRPCInferenceService", "ModelMetadata", {"name": "nope"})
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND and "no model named" in error.details(), error
        return
    raise AssertionError("it was not refused")


checks = [services, every_message, health, infer, predict, eight_megabytes, metadata, errors]
results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
