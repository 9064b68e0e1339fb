"""Drives servers with tritonclient.grpc, unchanged. argv[1]: {"model name": "host:port"}. Prints {"check": "ok" or why}."""

import json
import queue
import sys
import traceback

import numpy as np
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

servers = json.loads(sys.argv[1])
clients = {name: triton.InferenceServerClient(url) for name, url in servers.items()}


def given(arrays):
    inputs = []
    for name, (array, datatype) in arrays.items():
        tensor = triton.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array)
        inputs.append(tensor)
    return inputs


def ask(model, arrays, outputs=None, **options):
    return clients[model].infer(model, given(arrays), outputs=outputs, **options)


def refused(status, text, call):
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == f"StatusCode.{status}", (error.status(), error.message())
        assert text in error.message(), error.message()
        return
    raise AssertionError("it was not refused")


def same(model, array, datatype, **options):
    for asked in (None, [triton.InferRequestedOutput("y")]):
        got = ask(model, {"x": (array, datatype)}, outputs=asked, **options).as_numpy("y")
        assert got.dtype == array.dtype and got.shape == array.shape, (got.dtype, got.shape)
        assert got.tobytes() == array.tobytes()


def health():
    for name, client in clients.items():
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(name) and client.is_model_ready(name, "1")
        refused("NOT_FOUND", "no model named", lambda: client.is_model_ready("nope"))
        refused("NOT_FOUND", "no version", lambda: client.is_model_ready(name, "9"))


def metadata():
    client = clients["identity_int64"]
    server = client.get_server_metadata()
    assert server.name == "mdeploy" and "statistics" in server.extensions
    model = client.get_model_metadata("identity_int64", as_json=True)
    assert model["name"] == "identity_int64" and model["versions"] == ["1"]
    assert model["inputs"] == [{"name": "x", "datatype": "INT64", "shape": ["-1"]}], model
    assert client.get_model_metadata("identity_int64", "1", as_json=True) == model
    refused("NOT_FOUND", "no model named", lambda: client.get_model_metadata("nope"))
    config = client.get_model_config("identity_int64", as_json=True)["config"]
    assert config["input"] == [{"name": "x", "data_type": "TYPE_INT64", "dims": ["-1"]}], config
    assert config["backend"] == "onnxruntime" and "max_batch_size" not in config, config


def every_width():
    edge = [np.iinfo(np.int64).min, -1, 0, 2**53 + 1, np.iinfo(np.int64).max]
    same("identity_int64", np.array(edge, np.int64), "INT64")
    same("identity_int32", np.array([-(2**31), 0, 2**31 - 1], np.int32), "INT32")
    same("identity_float64", np.array([0.1, -0.0, np.nan, np.inf, -np.inf, 5e-324], np.float64), "FP64")
    same("identity_float16", np.array([0.1, 65504, -0.0, np.inf, np.nan, 6e-8], np.float16), "FP16")


def none_and_many():
    none = {"x": (np.zeros([0], np.int64), "INT64")}
    refused("INVALID_ARGUMENT", "at least one row", lambda: ask("identity_int64", none))
    same("identity_int64", np.arange(100_000), "INT64")


def strings():
    texts = np.array(["a", "é😀", "", 'q"\\\n'], dtype=np.object_)
    got = ask("string_io", {"token": (texts, "BYTES")}).as_numpy("echo")
    assert [item.decode() for item in got] == list(texts), got
    for binary in (b"\xff\xfe", b"a\x00b"):
        bad = {"token": (np.array([b"fine", binary], dtype=np.object_), "BYTES")}
        refused("INVALID_ARGUMENT", "is not UTF-8 text without NUL", lambda: ask("string_io", bad))


def eight_megabytes():
    same("identity_float64", np.random.default_rng(7).standard_normal(1_000_000), "FP64")


def compressed():
    array = np.arange(10_000, dtype=np.int64)
    for algorithm in ("gzip", "deflate"):
        same("identity_int64", array, "INT64", compression_algorithm=algorithm)


def options():
    array = np.arange(3, dtype=np.int64)
    result = ask("identity_int64", {"x": (array, "INT64")}, request_id="r-1", model_version="1", priority=2,
                 timeout=1_000_000, sequence_id=5, sequence_start=True, headers={"x-request-id": "mine"},
                 client_timeout=20, parameters={"note": "x", "share": 0.5, "flag": True})
    response = result.get_response()
    assert response.id == "r-1" and response.model_name == "identity_int64"
    assert response.model_version == "1", response


def concurrent():
    array = np.arange(7, dtype=np.int64)
    answers = queue.Queue()
    inputs = given({"x": (array, "INT64")})
    for _ in range(200):
        clients["identity_int64"].async_infer("identity_int64", inputs, lambda result, error: answers.put((result, error)))
    for _ in range(200):
        result, error = answers.get(timeout=30)
        assert error is None, error
        assert (result.as_numpy("y") == array).all()


def streamed():
    answers = queue.Queue()
    with triton.InferenceServerClient(servers["identity_int64"]) as client:
        client.start_stream(lambda result, error: answers.put((result, error)))
        for number in range(50):
            client.async_stream_infer("identity_int64", given({"x": (np.array([number]), "INT64")}), request_id=str(number))
        client.async_stream_infer("nope", given({"x": (np.array([0]), "INT64")}), request_id="wrong")
        client.async_stream_infer("identity_int64", given({"x": (np.array([99]), "INT64")}), request_id="99")
        for number in range(50):
            result, error = answers.get(timeout=30)
            assert error is None, error
            assert result.get_response().id == str(number) and result.as_numpy("y").tolist() == [number]
        result, error = answers.get(timeout=30)
        assert result is None and "no model named" in error.message(), (result, error)
        result, error = answers.get(timeout=30)
        assert result.as_numpy("y").tolist() == [99], error
        client.stop_stream()


def final_answers():
    answers = queue.Queue()
    inputs = given({"x": (np.array([7]), "INT64")})
    with triton.InferenceServerClient(servers["identity_int64"]) as client:
        client.start_stream(lambda result, error: answers.put((result, error)))
        client.async_stream_infer("identity_int64", inputs, request_id="a", enable_empty_final_response=True)
        client.async_stream_infer("identity_int64", inputs, request_id="b")
        for name in "ab":
            result, error = answers.get(timeout=30)
            assert error is None, error
            response = result.get_response()
            assert response.id == name and result.as_numpy("y").tolist() == [7], response
            assert response.parameters["triton_final_response"].bool_param is True, response
        client.stop_stream()
    assert answers.empty()


def real_model():
    rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]], np.float32)
    asked = [triton.InferRequestedOutput("probabilities"), triton.InferRequestedOutput("label")]
    mixed = ask("iris", {"X": (rows, "FP32")}, outputs=asked)
    assert mixed.as_numpy("label").tolist() == [0, 2]
    assert mixed.as_numpy("probabilities").shape == (2, 3)
    best = ask("iris", {"X": (rows, "FP32")}, outputs=[triton.InferRequestedOutput("probabilities", class_count=1)])
    classes = [item.decode().split(":")[1] for item in best.as_numpy("probabilities").flatten()]
    assert classes == ["0", "2"], classes


def errors():
    wrong = np.zeros([2], np.float32)
    bad = "INVALID_ARGUMENT"
    refused(bad, "has datatype FP32", lambda: ask("identity_int64", {"x": (wrong, "FP32")}))
    refused(bad, 'no input named "q"', lambda: ask("identity_int64", {"q": (wrong, "FP32")}))
    refused(bad, "has shape [2]", lambda: ask("iris", {"X": (wrong, "FP32")}))
    one = {"x": (np.zeros([1], np.int64), "INT64")}
    output = [triton.InferRequestedOutput("q")]
    refused(bad, 'no output named "q"', lambda: ask("identity_int64", one, outputs=output))
    refused("NOT_FOUND", "no version", lambda: ask("identity_int64", one, model_version="9"))
    client = clients["identity_int64"]
    inputs = given(one)
    refused("NOT_FOUND", "no model named", lambda: client.infer("nope", inputs))
    inputs[0].set_shape([3])
    refused(bad, "takes 24", lambda: client.infer("identity_int64", inputs))
    inputs[0].set_shared_memory("region", 8)
    refused("UNIMPLEMENTED", "shared memory", lambda: client.infer("identity_int64", inputs))
    large = np.zeros([9_000_000], np.float64)
    refused("RESOURCE_EXHAUSTED", "larger than the limit of", lambda: ask("identity_float64", {"x": (large, "FP64")}))


def repository():
    client = clients["iris"]
    index = client.get_model_repository_index(as_json=True)
    assert index == {"models": [{"name": "iris", "version": "1", "state": "READY"}]}, index
    refused("UNIMPLEMENTED", "Loading a model", lambda: client.load_model("iris"))
    refused("UNIMPLEMENTED", "Unloading a model", lambda: client.unload_model("iris"))


def statistics():
    client = clients["iris"]
    before = client.get_inference_statistics("iris").model_stats[0]
    ask("iris", {"X": (np.zeros([3, 4], np.float32), "FP32")})
    after = client.get_inference_statistics("iris", "1").model_stats[0]
    assert after.inference_count == before.inference_count + 3
    assert after.execution_count == before.execution_count + 1
    assert after.inference_stats.success.ns > before.inference_stats.success.ns


checks = [health, metadata, every_width, none_and_many, strings, eight_megabytes, compressed, options, concurrent,
          streamed, final_answers, real_model, errors, repository, statistics]
results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
