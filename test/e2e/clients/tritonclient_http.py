"""Drives servers with tritonclient.http, unchanged. argv[1]: {"model name": "host:port"}. Prints {"check": "ok" or why}."""

import json
import sys
import traceback

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

servers = json.loads(sys.argv[1])
clients = {name: triton.InferenceServerClient(url) for name, url in servers.items()}


def ask(model, arrays, binary=True, outputs=None, **options):
    inputs = []
    for name, (array, datatype) in arrays.items():
        given = triton.InferInput(name, list(array.shape), datatype)
        given.set_data_from_numpy(array, binary_data=binary)
        inputs.append(given)
    return clients[model].infer(model, inputs, outputs=outputs, **options)


def refused(status, text, call):
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == str(status), (error.status(), error.message())
        assert text in error.message(), error.message()
        return
    raise AssertionError("it was not refused")


def same(model, array, datatype, binary=True, **options):
    for asked in (None, [triton.InferRequestedOutput("y", binary_data=binary)]):
        got = ask(model, {"x": (array, datatype)}, binary=binary, outputs=asked, **options).as_numpy("y")
        assert got.dtype == array.dtype and got.shape == array.shape, (got.dtype, got.shape)
        assert got.tobytes() == array.tobytes()


def health():
    for name, client in clients.items():
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(name) and client.is_model_ready(name, "1")
        assert not client.is_model_ready("nope") and not client.is_model_ready(name, "9")


def metadata():
    client = clients["identity_int64"]
    server = client.get_server_metadata()
    assert server["name"] == "mdeploy" and "binary_tensor_data" in server["extensions"]
    model = client.get_model_metadata("identity_int64")
    assert model["name"] == "identity_int64" and model["versions"] == ["1"]
    assert model["inputs"] == [{"name": "x", "datatype": "INT64", "shape": [-1]}], model
    assert client.get_model_metadata("identity_int64", "1") == model
    refused(404, "no model named", lambda: client.get_model_metadata("nope"))
    config = client.get_model_config("identity_int64")
    assert config["input"] == [{"name": "x", "data_type": "TYPE_INT64", "dims": [-1]}], config
    assert config["max_batch_size"] == 0 and config["platform"] == "onnxruntime_onnx", config


def every_width_binary():
    edge = [np.iinfo(np.int64).min, -1, 0, 2**53 + 1, np.iinfo(np.int64).max]
    same("identity_int64", np.array(edge, np.int64), "INT64")
    same("identity_int32", np.array([-(2**31), 0, 2**31 - 1], np.int32), "INT32")
    same("identity_float64", np.array([0.1, -0.0, np.nan, np.inf, -np.inf, 5e-324], np.float64), "FP64")
    same("identity_float16", np.array([0.1, 65504, -0.0, np.inf, 6e-8], np.float16), "FP16")


def every_width_json():
    edge = [np.iinfo(np.int64).min, 2**53 + 1, np.iinfo(np.int64).max]
    same("identity_int64", np.array(edge, np.int64), "INT64", binary=False)
    same("identity_int32", np.array([-(2**31), 2**31 - 1], np.int32), "INT32", binary=False)
    same("identity_float64", np.array([0.1, -0.0, 5e-324, 1.7e308], np.float64), "FP64", binary=False)


def not_finite_json():
    got = ask("identity_float64", {"x": (np.array([np.inf, -np.inf, np.nan]), "FP64")}, binary=False,
              outputs=[triton.InferRequestedOutput("y", binary_data=False)]).as_numpy("y")
    assert got[0] == np.inf and got[1] == -np.inf and np.isnan(got[2]), got


def none_and_many():
    for binary in (True, False):
        none = {"x": (np.zeros([0], np.int64), "INT64")}
        refused(400, "at least one row", lambda: ask("identity_int64", none, binary=binary))
    same("identity_int64", np.arange(100_000), "INT64")


def strings():
    texts = np.array(["a", "é😀", "", 'q"\\\n'], dtype=np.object_)
    for binary in (True, False):
        for asked in (None, [triton.InferRequestedOutput("echo", binary_data=binary)]):
            got = ask("string_io", {"token": (texts, "BYTES")}, binary=binary, outputs=asked).as_numpy("echo")
            shown = [item.decode() if isinstance(item, bytes) else item for item in got]
            assert shown == list(texts), shown


def eight_megabytes():
    large = np.random.default_rng(7).standard_normal(1_000_000)
    same("identity_float64", large, "FP64")
    same("identity_float64", large, "FP64", binary=False)


def compressed():
    array = np.arange(10_000, dtype=np.int64)
    for algorithm in ("gzip", "deflate"):
        same("identity_int64", array, "INT64", request_compression_algorithm=algorithm)
        same("identity_int64", array, "INT64", binary=False, request_compression_algorithm=algorithm)
    same("identity_int64", array, "INT64", response_compression_algorithm="gzip")


def options():
    array = np.arange(3, dtype=np.int64)
    result = ask("identity_int64", {"x": (array, "INT64")}, request_id="r-1", model_version="1", priority=2,
                 timeout=1_000_000, sequence_id=5, sequence_start=True, parameters={"note": "x"})
    response = result.get_response()
    assert response["id"] == "r-1" and response["model_name"] == "identity_int64"
    assert response["model_version"] == "1", response


def concurrent():
    array = np.arange(7, dtype=np.int64)
    with triton.InferenceServerClient(servers["identity_int64"], concurrency=8) as client:
        given = triton.InferInput("x", [7], "INT64")
        given.set_data_from_numpy(array)
        waiting = [client.async_infer("identity_int64", [given]) for _ in range(200)]
        for answer in waiting:
            assert (answer.get_result().as_numpy("y") == array).all()


def real_model():
    rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]], np.float32)
    metadata = clients["iris"].get_model_metadata("iris")
    assert [output["name"] for output in metadata["outputs"]] == ["label", "probabilities"], metadata
    asked = [triton.InferRequestedOutput("probabilities", binary_data=True), triton.InferRequestedOutput("label", binary_data=False)]
    mixed = ask("iris", {"X": (rows, "FP32")}, outputs=asked)
    plain = ask("iris", {"X": (rows, "FP32")}, binary=False)
    assert mixed.as_numpy("label").tolist() == [0, 2]
    assert (mixed.as_numpy("probabilities") == plain.as_numpy("probabilities")).all()
    best = ask("iris", {"X": (rows, "FP32")}, outputs=[triton.InferRequestedOutput("probabilities", class_count=1)])
    classes = [item.decode().split(":")[1] for item in best.as_numpy("probabilities").flatten()]
    assert classes == ["0", "2"], classes


def errors():
    wrong = np.zeros([2], np.float32)
    refused(400, "has datatype FP32", lambda: ask("identity_int64", {"x": (wrong, "FP32")}))
    refused(400, 'no input named "q"', lambda: ask("identity_int64", {"q": (wrong, "FP32")}))
    refused(400, "has shape [2]", lambda: ask("iris", {"X": (wrong, "FP32")}))
    output = [triton.InferRequestedOutput("q")]
    refused(400, 'no output named "q"', lambda: ask("identity_int64", {"x": (np.zeros([1], np.int64), "INT64")}, outputs=output))
    refused(404, "no version", lambda: ask("identity_int64", {"x": (np.zeros([1], np.int64), "INT64")}, model_version="9"))
    client = clients["identity_int64"]
    given = triton.InferInput("x", [1], "INT64")
    given.set_data_from_numpy(np.zeros([1], np.int64))
    refused(404, "no model named", lambda: client.infer("nope", [given]))
    given.set_shape([3])
    refused(400, "takes 24", lambda: client.infer("identity_int64", [given]))
    given.set_shared_memory("region", 8)
    refused(501, "shared memory", lambda: client.infer("identity_int64", [given]))


def repository():
    client = clients["iris"]
    assert client.get_model_repository_index() == [{"name": "iris", "version": "1", "state": "READY", "reason": ""}]
    refused(501, "Loading a model", lambda: client.load_model("iris"))
    refused(501, "Unloading a model", lambda: client.unload_model("iris"))
    assert client.is_model_ready("iris")


def statistics():
    client = clients["iris"]
    row = client.get_inference_statistics("iris")["model_stats"][0]
    before = (row["inference_count"], row["inference_stats"]["success"]["count"])
    ask("iris", {"X": (np.zeros([5, 4], np.float32), "FP32")})
    after = client.get_inference_statistics("iris", "1")["model_stats"][0]
    assert after["inference_count"] == before[0] + 5, (before, after)
    assert after["inference_stats"]["success"]["count"] == before[1] + 1
    assert after["inference_stats"]["compute_infer"]["ns"] > 0 and after["last_inference"] > 1_600_000_000_000
    assert client.get_inference_statistics()["model_stats"] == [after]


checks = [health, metadata, every_width_binary, every_width_json, not_finite_json, none_and_many, strings,
          eight_megabytes, compressed, options, concurrent, real_model, errors, repository, statistics]
results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc(limit=-3)
print(json.dumps(results))
