"""Drives servers with tensorflow-serving-api's stubs, unchanged. argv[1]: {"model name": "host:port"}. Prints {"check": "ok" or why}."""

import json
import sys
import traceback

import grpc
import numpy as np
from tensorflow.core.example import example_pb2
from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

servers = json.loads(sys.argv[1])
limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
channels = {name: grpc.insecure_channel(address, options=limits) for name, address in servers.items()}
predictors = {name: prediction_service_pb2_grpc.PredictionServiceStub(channel) for name, channel in channels.items()}
managers = {name: model_service_pb2_grpc.ModelServiceStub(channel) for name, channel in channels.items()}
dtypes = {
    np.dtype(np.float32): (types_pb2.DT_FLOAT, "float_val"),
    np.dtype(np.float64): (types_pb2.DT_DOUBLE, "double_val"),
    np.dtype(np.float16): (types_pb2.DT_HALF, "half_val"),
    np.dtype(np.int32): (types_pb2.DT_INT32, "int_val"),
    np.dtype(np.int64): (types_pb2.DT_INT64, "int64_val"),
    np.dtype(object): (types_pb2.DT_STRING, "string_val"),
}


# As tf.make_tensor_proto does: many numbers as content, else a list.
def proto(array, content):
    dtype, field = dtypes[array.dtype]
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in array.shape]
    made = tensor_pb2.TensorProto(dtype=dtype, tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=dims))
    if content and array.dtype != object:
        made.tensor_content = array.tobytes()
    else:
        flat = array.view(np.uint16) if array.dtype == np.float16 else array
        getattr(made, field).extend(flat.flatten().tolist())
    return made


# As tf.make_ndarray does.
def array_of(given):
    dtype = next(dtype for dtype, (number, _) in dtypes.items() if number == given.dtype)
    shape = [dim.size for dim in given.tensor_shape.dim]
    if given.tensor_content:
        return np.frombuffer(given.tensor_content, dtype).reshape(shape)
    values = list(getattr(given, dtypes[dtype][1]))
    if dtype == np.float16:
        return np.array(values, np.uint16).view(np.float16).reshape(shape)
    return np.array(values, dtype).reshape(shape)


def request(model, arrays, content=True, version=None, label=None, signature="serving_default", outputs=()):
    made = predict_pb2.PredictRequest()
    made.model_spec.name = model
    made.model_spec.signature_name = signature
    if version is not None:
        made.model_spec.version.value = version
    if label is not None:
        made.model_spec.version_label = label
    for name, array in arrays.items():
        made.inputs[name].CopyFrom(proto(array, content))
    made.output_filter.extend(outputs)
    return made


def ask(model, arrays, **options):
    return predictors[model].Predict(request(model, arrays, **options), 60)


def refused(status, text, call):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == getattr(grpc.StatusCode, status), (error.code(), error.details())
        assert text in error.details(), error.details()
        return
    raise AssertionError("it was not refused")


def predict():
    for model, array in {
        "identity_int64": np.array([np.iinfo(np.int64).min, 2**53 + 1, np.iinfo(np.int64).max], np.int64),
        "identity_int32": np.array([-(2**31), 0, 2**31 - 1], np.int32),
        "identity_float64": np.array([0.1, -0.0, np.nan, np.inf, -np.inf, 5e-324], np.float64),
        "identity_float16": np.array([0.1, 65504, -0.0, np.inf, 6e-8], np.float16),
    }.items():
        for content in (True, False):
            reply = ask(model, {"x": array}, content=content)
            got = array_of(reply.outputs["y"])
            assert got.dtype == array.dtype and got.tobytes() == array.tobytes(), (model, got)
            assert reply.model_spec.name == model and reply.model_spec.version.value == 1
            assert reply.model_spec.signature_name == "serving_default"


def strings():
    texts = np.array([text.encode() for text in ("a", "é😀", "", 'q"\\\n')], dtype=object)
    assert array_of(ask("string_io", {"token": texts}).outputs["echo"]).tolist() == texts.tolist()


def fills():
    short = tensor_pb2.TensorProto(dtype=types_pb2.DT_INT64, int64_val=[7])
    short.tensor_shape.dim.add(size=5)
    made = request("identity_int64", {})
    made.inputs["x"].CopyFrom(short)
    assert array_of(predictors["identity_int64"].Predict(made, 60).outputs["y"]).tolist() == [7] * 5


def eight_megabytes():
    large = np.random.default_rng(7).standard_normal(1_000_000)
    for content in (True, False):
        got = array_of(ask("identity_float64", {"x": large}, content=content).outputs["y"])
        assert got.tobytes() == large.tobytes()


def real_model():
    rows = np.array([[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]], np.float32)
    reply = ask("iris", {"X": rows}, version=1, outputs=["label"])
    assert list(reply.outputs) == ["label"] and array_of(reply.outputs["label"]).tolist() == [0, 2]
    assert sorted(ask("iris", {"X": rows}).outputs) == ["label", "probabilities"]


def example(values):
    made = example_pb2.Example()
    made.features.feature["X"].float_list.value.extend(values)
    return made


iris_rows = [[5.1, 3.5, 1.4, 0.2], [6.9, 3.2, 5.7, 2.3]]


def classify():
    made = classification_pb2.ClassificationRequest()
    made.model_spec.name = "iris"
    made.input.example_list.examples.extend(example(row) for row in iris_rows)
    reply = predictors["iris"].Classify(made, 20)
    best = [max(row.classes, key=lambda found: found.score).label for row in reply.result.classifications]
    assert best == ["setosa", "virginica"], best
    wanted = array_of(ask("iris", {"X": np.array(iris_rows, np.float32)}).outputs["probabilities"])
    scores = np.array([[found.score for found in row.classes] for row in reply.result.classifications], np.float32)
    assert (scores == wanted).all() and reply.model_spec.version.value == 1
    made.input.Clear()
    refused("INVALID_ARGUMENT", "Input is empty.", lambda: predictors["iris"].Classify(made, 20))
    made.input.example_list.examples.add()
    refused("INVALID_ARGUMENT", "Feature: X (data type: float) is required", lambda: predictors["iris"].Classify(made, 20))


def regress():
    made = regression_pb2.RegressionRequest()
    made.model_spec.name = "diabetes"
    made.input.example_list_with_context.examples.extend([example_pb2.Example()] * 2)
    made.input.example_list_with_context.context.CopyFrom(example([0.01] * 10))
    reply = predictors["diabetes"].Regress(made, 20)
    wanted = array_of(ask("diabetes", {"X": np.full([2, 10], 0.01, np.float32)}).outputs["variable"])
    assert [row.value for row in reply.result.regressions] == wanted.flatten().tolist()
    made.model_spec.name = "iris"
    refused("INVALID_ARGUMENT", "cannot be asked to regress", lambda: predictors["iris"].Regress(made, 20))


def multi_inference():
    made = inference_pb2.MultiInferenceRequest()
    task = made.tasks.add(method_name="tensorflow/serving/regress")
    task.model_spec.name = "diabetes"
    made.input.example_list.examples.append(example([0.01] * 10))
    (result,) = predictors["diabetes"].MultiInference(made, 20).results
    assert result.model_spec.name == "diabetes" and len(result.regression_result.regressions) == 1
    made.tasks.append(made.tasks[0])
    refused("INVALID_ARGUMENT", "Duplicate evaluation", lambda: predictors["diabetes"].MultiInference(made, 20))


def metadata():
    made = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    made.model_spec.name = "iris"
    reply = predictors["iris"].GetModelMetadata(made, 20)
    assert reply.model_spec.name == "iris" and reply.model_spec.version.value == 1
    found = get_model_metadata_pb2.SignatureDefMap()
    assert reply.metadata["signature_def"].Unpack(found)
    signature = found.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert signature.inputs["X"].dtype == types_pb2.DT_FLOAT
    assert [dim.size for dim in signature.inputs["X"].tensor_shape.dim] == [-1, 4]
    assert sorted(signature.outputs) == ["label", "probabilities"]


def status():
    made = get_model_status_pb2.GetModelStatusRequest()
    made.model_spec.name = "iris"
    rows = managers["iris"].GetModelStatus(made, 20).model_version_status
    assert [(row.version, row.state, row.status.error_code) for row in rows] == [(1, 30, 0)], rows
    made.model_spec.version.value = 9
    refused("NOT_FOUND", "Could not find version 9 of model iris", lambda: managers["iris"].GetModelStatus(made, 20))
    reload = model_management_pb2.ReloadConfigRequest()
    refused("UNIMPLEMENTED", "Reloading", lambda: managers["iris"].HandleReloadConfigRequest(reload, 20))


def errors():
    one = {"x": np.array([1], np.int64)}
    bad = "INVALID_ARGUMENT"
    model = "identity_int64"
    other = request(model, one)
    other.model_spec.name = "nope"
    refused("NOT_FOUND", "Servable not found for request: Latest(nope)", lambda: predictors[model].Predict(other, 20))
    other.model_spec.name = ""
    refused(bad, "ModelSpec has no name specified.", lambda: predictors[model].Predict(other, 20))
    refused("NOT_FOUND", "Specific(identity_int64, 9)", lambda: ask(model, one, version=9))
    refused(bad, "Unrecognized servable version label: x", lambda: ask(model, one, label="x"))
    refused("FAILED_PRECONDITION", 'Serving signature key "q" not found.', lambda: ask(model, one, signature="q"))
    refused(bad, "Sent extra: {q}. Missing but required: {x}.", lambda: ask(model, {"q": one["x"]}))
    refused(bad, "output tensor alias not found in signature: q", lambda: ask(model, one, outputs=["q"]))
    refused(bad, "has datatype FP32", lambda: ask(model, {"x": np.zeros([1], np.float32)}))
    refused(bad, "has shape [2]", lambda: ask("iris", {"X": np.zeros([2], np.float32)}))
    large = {"x": np.zeros([9_000_000], np.float64)}
    refused("RESOURCE_EXHAUSTED", "larger than the limit of", lambda: ask("identity_float64", large))


checks = [predict, strings, fills, eight_megabytes, real_model, classify, regress, multi_inference, metadata, status, errors]
results = {}
for check in checks:
    try:
        check()
        results[check.__name__] = "ok"
    except Exception:
        results[check.__name__] = traceback.format_exc()
print(json.dumps(results))
