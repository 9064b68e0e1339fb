"""Drives servers with ovmsclient, unchanged. argv[1]: {"model name": ["host:grpc port", "host:REST port"]}. Prints {"check": "ok" or why}."""

import json
import sys
import traceback

import numpy as np
from ovmsclient import InvalidInputError, ModelNotFoundError, make_grpc_client, make_http_client, make_tensor_proto

servers = json.loads(sys.argv[1])
grpc = {name: make_grpc_client(addresses[0]) for name, addresses in servers.items()}
rest = {name: make_http_client(addresses[1]) for name, addresses in servers.items()}


def refused(kind, text, call):
    try:
        call()
    except kind as error:
        assert text in str(error), error
        return
    raise AssertionError("it was not refused")


def predict_grpc():
    for model, array in {
        "identity_int64": np.array([np.iinfo(np.int64).min, 2**53 + 1, np.iinfo(np.int64).max], np.int64),
        "identity_int32": np.array([-(2**31), 0, 2**31 - 1], np.int32),
        "identity_float64": np.array([0.1, -0.0, np.nan, np.inf, -np.inf, 5e-324], np.float64),
        "identity_float16": np.array([0.1, 65504, -0.0, np.inf, 6e-8], np.float16),
    }.items():
        for given in (array, make_tensor_proto(array)):
            got = grpc[model].predict({"x": given}, model)
            assert got.dtype == array.dtype and got.tobytes() == array.tobytes(), (model, got)


def predict_rest():
    array = np.array([np.iinfo(np.int64).min, 2**53 + 1, np.iinfo(np.int64).max], np.int64)
    got = rest["identity_int64"].predict({"x": array.tolist()}, "identity_int64")
    assert np.asarray(got).tolist() == array.tolist(), got


def strings():
    texts = ["a", "é😀", "b"]
    got = grpc["string_io"].predict({"token": texts}, "string_io")["echo"].tolist()
    assert [item.decode() for item in got] == texts, got


def eight_megabytes():
    large = np.random.default_rng(7).standard_normal(1_000_000)
    got = grpc["identity_float64"].predict({"x": large}, "identity_float64", timeout=60)
    assert got.tobytes() == large.tobytes()
    got = rest["identity_float64"].predict({"x": large.tolist()}, "identity_float64", timeout=60)
    assert np.asarray(got).tobytes() == large.tobytes()


def real_model():
    rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]], np.float32)
    over_grpc = grpc["iris"].predict({"X": rows}, "iris", 1)
    over_rest = rest["iris"].predict({"X": rows.tolist()}, "iris", 1)
    assert over_grpc["label"].tolist() == [0, 2] == over_rest["label"].tolist()
    assert (over_grpc["probabilities"] == over_rest["probabilities"].astype(np.float32)).all()


def metadata():
    found = grpc["iris"].get_model_metadata("iris")
    assert found["model_version"] == 1 and sorted(found["outputs"]) == ["label", "probabilities"], found
    assert found["inputs"]["X"] == {"shape": [-1, 4], "dtype": "DT_FLOAT"}, found
    # Over REST it looks for the names of OpenVINO's server, and hands on what TensorFlow Serving says as it is.
    found = rest["iris"].get_model_metadata("iris")
    assert found["model_spec"]["version"] == "1", found
    assert found["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"]["X"]["dtype"] == "DT_FLOAT"


def status():
    for client in (grpc["iris"], rest["iris"]):
        assert client.get_model_status("iris")[1]["state"] == "AVAILABLE"
        assert client.get_model_status("iris", 1)[1]["error_message"] == ""


def errors():
    one = {"x": np.array([1], np.int64)}
    for client in (grpc["identity_int64"], rest["identity_int64"]):
        refused(ModelNotFoundError, "Could not find any versions of model nope", lambda: client.get_model_status("nope"))
        refused(ModelNotFoundError, "Specific(identity_int64, 9)", lambda: client.get_model_metadata("identity_int64", 9))
    client = grpc["identity_int64"]
    refused(ModelNotFoundError, "Latest(nope)", lambda: client.predict(one, "nope"))
    refused(InvalidInputError, "Sent extra: {q}", lambda: client.predict({"q": one["x"]}, "identity_int64"))
    refused(InvalidInputError, "datatype FP32", lambda: client.predict({"x": np.zeros([1], np.float32)}, "identity_int64"))
    refused(InvalidInputError, "of expected type: int64", lambda: rest["identity_int64"].predict({"x": ["a"]}, "identity_int64"))


checks = [predict_grpc, predict_rest, strings, eight_megabytes, real_model, metadata, status, errors]
results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
