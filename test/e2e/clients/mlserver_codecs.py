"""Drives servers with MLServer's codecs, types, stubs and `mlserver infer`, unchanged. argv[1]: {"model name": ["host:grpc port", "http://host:REST port"]}. Prints {"check": "ok" or why}."""

import json
import logging
import subprocess
import sys
import tempfile
import traceback
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import numpy as np
import pandas as pd
from mlserver import types
from mlserver.codecs import NumpyCodec, NumpyRequestCodec, PandasCodec, StringCodec
from mlserver.grpc import converters, dataplane_pb2, dataplane_pb2_grpc, model_repository_pb2, model_repository_pb2_grpc

logging.disable(logging.CRITICAL)
servers = json.loads(sys.argv[1])
limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]], np.float32)


def stub(model):
    return dataplane_pb2_grpc.GRPCInferenceServiceStub(grpc.insecure_channel(servers[model][0], limits))


def get(model, path):
    with urllib.request.urlopen(servers[model][1] + path) as reply:
        return reply.read()


def over_rest(model, request):
    url = f"{servers[model][1]}/v2/models/{model}/infer"
    call = urllib.request.Request(url, request.model_dump_json().encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(call) as reply:
        return types.InferenceResponse.model_validate_json(reply.read())


def over_grpc(model, request, raw):
    message = converters.ModelInferRequestConverter.from_types(request, model_name=model, use_raw=raw)
    return converters.ModelInferResponseConverter.to_types(stub(model).ModelInfer(message))


def replies(model, request):
    """Over REST, over gRPC typed and raw; each with a request of its own, because conversion changes it."""
    yield over_rest(model, request.model_copy(deep=True))
    yield over_grpc(model, request.model_copy(deep=True), False)
    yield over_grpc(model, request.model_copy(deep=True), True)


def output(reply, name):
    (found,) = [each for each in reply.outputs if each.name == name]
    return NumpyCodec.decode_output(found)


def same(model, array):
    given = NumpyCodec.encode_input("x", array)
    # The codec gives a vector a second axis of length 1.
    given.shape = list(array.shape)
    request = types.InferenceRequest(id="r-1", inputs=[given])
    for reply in replies(model, request):
        got = output(reply, "y")
        assert got.dtype == array.dtype and got.tobytes() == array.tobytes(), (model, got)
        assert reply.id == "r-1" and reply.model_name == model, reply


def health():
    for model in ("iris", "identity_int64"):
        for path in ("/v2/health/live", "/v2/health/ready", f"/v2/models/{model}/ready"):
            get(model, path)
        assert stub(model).ServerLive(dataplane_pb2.ServerLiveRequest()).live
        assert stub(model).ServerReady(dataplane_pb2.ServerReadyRequest()).ready
        assert stub(model).ModelReady(dataplane_pb2.ModelReadyRequest(name=model)).ready


def metadata():
    server = types.MetadataServerResponse.model_validate_json(get("iris", "/v2"))
    assert server.name == "mdeploy" and server.version, server
    over = stub("iris").ServerMetadata(dataplane_pb2.ServerMetadataRequest())
    assert converters.ServerMetadataResponseConverter.to_types(over).version == server.version
    rest = types.MetadataModelResponse.model_validate_json(get("iris", "/v2/models/iris"))
    message = stub("iris").ModelMetadata(dataplane_pb2.ModelMetadataRequest(name="iris"))
    for model in (rest, converters.ModelMetadataResponseConverter.to_types(message)):
        assert model.name == "iris" and model.platform == "onnxruntime_onnx", model
        assert [(each.name, each.datatype, each.shape) for each in model.inputs] == [("X", "FP32", [-1, 4])], model
        assert [each.name for each in model.outputs] == ["label", "probabilities"], model


def repository():
    body = types.RepositoryIndexRequest().model_dump_json().encode()
    call = urllib.request.Request(f"{servers['iris'][1]}/v2/repository/index", body)
    with urllib.request.urlopen(call) as reply:
        index = types.RepositoryIndexResponse.model_validate_json(reply.read())
    assert [(each.name, each.state) for each in index.root] == [("iris", "READY")], index
    # MLServer has these calls in a service of its own, which Triton and KServe do not know; the data plane's has them, too.
    service = model_repository_pb2_grpc.ModelRepositoryServiceStub(grpc.insecure_channel(servers["iris"][0]))
    refused_grpc("UNIMPLEMENTED", "", lambda: service.RepositoryIndex(model_repository_pb2.RepositoryIndexRequest()))


def predict():
    same("identity_int64", np.array([-(2**63), 2**53 + 1, 2**63 - 1], np.int64))
    same("identity_int32", np.array([-(2**31), 2**31 - 1], np.int32))
    same("identity_float64", np.array([0.1, -0.0, 5e-324], np.float64))


def real_model():
    request = NumpyRequestCodec.encode_request(rows)
    request.inputs[0].name = "X"
    request.outputs = [types.RequestOutput(name="label")]
    for reply in replies("iris", request):
        assert [each.name for each in reply.outputs] == ["label"], reply
        assert output(reply, "label").ravel().tolist() == [0, 2], reply


def data_frame():
    frame = pd.DataFrame(
        {
            "age": np.array([39, 52], np.float32),
            "income": np.array([3.5, 9.25], np.float32),
            "city": ["Berlin", "Köln"],
            "owner": ["yes", "no"],
        }
    ).astype({"city": object, "owner": object})
    expected = None
    for use_bytes in (False, True):
        request = PandasCodec.encode_request(frame, use_bytes=use_bytes)
        assert sorted({each.datatype for each in request.inputs}) == ["BYTES", "FP32"], request
        for reply in replies("credit", request) if use_bytes else [over_rest("credit", request)]:
            got = output(reply, "probabilities")
            assert got.shape == (2, 2), got
            expected = got if expected is None else expected
            assert np.array_equal(got, expected), (got, expected)


def strings():
    texts = ["a", "é😀", ""]
    given = StringCodec.encode_input("token", texts, use_bytes=False)
    given.shape = [3]
    reply = over_rest("string_io", types.InferenceRequest(inputs=[given]))
    (echo,) = [each for each in reply.outputs if each.name == "echo"]
    assert list(StringCodec.decode_output(echo)) == texts, echo


def eight_megabytes():
    same("identity_float64", np.random.default_rng(7).standard_normal(1_000_000))


def refused_rest(status, text, call):
    try:
        call()
    except urllib.error.HTTPError as error:
        answer = json.loads(error.read())
        assert error.code == status and text in answer["error"], answer
        return
    raise AssertionError("it was not refused")


def refused_grpc(status, text, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == getattr(grpc.StatusCode, status) and text in error.details(), error
        return
    raise AssertionError("it was not refused")


def errors():
    wrong = lambda shape: types.InferenceRequest(inputs=[NumpyCodec.encode_input("X", np.zeros(shape, np.float32))])
    refused_rest(400, "has shape [2,3]", lambda: over_rest("iris", wrong([2, 3])))
    refused_grpc("INVALID_ARGUMENT", "has shape [2,3]", lambda: over_grpc("iris", wrong([2, 3]), True))
    refused_rest(404, "no model named", lambda: get("iris", "/v2/models/nope"))
    request = dataplane_pb2.ModelMetadataRequest(name="nope")
    refused_grpc("NOT_FOUND", "no model named", lambda: stub("iris").ModelMetadata(request))


def infer_command():
    """`mlserver infer` sends a file of requests, several as one, and takes the answers apart again."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        requests = [NumpyRequestCodec.encode_request(rows[[index % 2]]) for index in range(10)]
        for request in requests:
            request.inputs[0].name = "X"
        given.write_text("\n".join(request.model_dump_json() for request in requests) + "\n")
        url = servers["iris"][1].removeprefix("http://")
        for options in ([], ["-s", "4"], ["-s", "4", "-b"]):
            command = [str(Path(sys.executable).with_name("mlserver")), "infer", "-u", url, "-m", "iris"]
            command += ["-i", str(given), "-o", str(taken), "-w", "2", *options]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            answers = [types.InferenceResponse.model_validate_json(line) for line in taken.read_text().splitlines()]
            labels = {answer.parameters.batch_index: output(answer, "label").ravel().tolist() for answer in answers}
            assert labels == {index: [index % 2 * 2] for index in range(10)}, (options, labels)


checks = [
    health,
    metadata,
    repository,
    predict,
    real_model,
    data_frame,
    strings,
    eight_megabytes,
    errors,
    infer_command,
]

results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
