"""ONNX files themselves: opset and IR within what the runtime reads, ZipMap cut off, weights in one file."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np  # noqa: E402
from mdeploy_convert import (  # noqa: E402
    DATATYPES, Refused, Spec, main, make_samples, progress, run_samples, versions, write_model, write_samples,
)  # fmt: skip

HIGHEST = {"": 26, "ai.onnx": 26, "ai.onnx.ml": 5}
LOWEST = 7
# Where a newer one must be lowered to: all its operators have kernels.
TARGET = 21

NAMES = {
    "tensor(bool)": "BOOL", "tensor(uint8)": "UINT8", "tensor(uint16)": "UINT16", "tensor(uint32)": "UINT32",
    "tensor(uint64)": "UINT64", "tensor(int8)": "INT8", "tensor(int16)": "INT16", "tensor(int32)": "INT32",
    "tensor(int64)": "INT64", "tensor(float16)": "FP16", "tensor(float)": "FP32", "tensor(double)": "FP64",
    "tensor(string)": "BYTES",
}  # fmt: skip


def convert(request):
    import onnx

    progress("Reading the model")
    original = onnx.load(request["source"])
    specs = specs_of(original, request)
    progress("Asking the original")
    ask, evaluator = original_session(original)
    names = [output.name for output in original.graph.output]
    classes = {}
    samples = make_samples(specs, request.get("sample"))
    answered = run_samples(samples, lambda inputs: dict(zip(names, (as_tensor(value, classes) for value in ask(inputs)))))
    progress("Converting")
    model = onnx.ModelProto()
    model.CopyFrom(original)
    notes = []
    cut_zipmaps(model, {name: found for name, found in classes.items()}, notes)
    model = fit_opset(model, notes)
    if model.ir_version > 13:
        notes.append(f"IR version {model.ir_version} became 10.")
    labels = next(iter(classes.values()), None)
    producer = (original.producer_name or "onnx", original.producer_version)
    write_model(request["work"], model, answered, producer, class_names=labels, keep=request.get("outputs"))
    if request.get("outputs"):
        answered = [(kind, inputs, {name: outputs[name] for name in request["outputs"]}) for kind, inputs, outputs in answered]
    return {
        "framework": "onnx",
        "samples": write_samples(request["work"], answered),
        "versions": {**versions("onnx", "onnxruntime", "numpy"), "original_answered_by": evaluator},
        "notes": notes,
    }


def specs_of(model, request):
    if request.get("inputs"):
        return [Spec(item["name"], item["datatype"], item["shape"]) for item in request["inputs"]]
    filled = {initializer.name for initializer in model.graph.initializer}
    specs = []
    for value in model.graph.input:
        if value.name in filled:
            continue
        tensor = value.type.tensor_type
        name = type_name(tensor.elem_type)
        if not value.type.HasField("tensor_type") or name not in DATATYPES:
            raise Refused(f"its input {value.name} is no tensor of a datatype that can be served")
        dims = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param or f"dim_{axis}" for axis, dim in enumerate(tensor.shape.dim)]
        specs.append(Spec(value.name, name, dims))
    return specs


def type_name(elem_type):
    import onnx

    if elem_type == onnx.TensorProto.STRING:
        return "BYTES"
    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(elem_type))
    except (KeyError, TypeError):
        return None
    return next((name for name, known in DATATYPES.items() if dtype == known), None)


def original_session(model):
    """onnxruntime where it takes the file as it is, else the reference implementation of the standard."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return (lambda inputs: session.run(None, inputs)), f"onnxruntime {onnxruntime.__version__}"
    except Exception:  # a newer opset or IR, which is why it is converted
        from onnx.reference import ReferenceEvaluator

        evaluator = ReferenceEvaluator(model)
        return (lambda inputs: evaluator.run(None, inputs)), "onnx reference implementation"


def as_tensor(value, classes):
    """A list of maps, as ZipMap makes them, is the matrix of their values."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        keys = list(value[0])
        classes["found"] = [str(key) for key in keys]
        return np.array([[row[key] for key in keys] for row in value], np.float32)
    array = np.asarray(value)
    return array.astype(object) if array.dtype.kind in "US" else array


def cut_zipmaps(model, classes, notes):
    from onnx import TensorProto, helper

    count = len(classes.get("found", []))
    nodes = []
    for node in model.graph.node:
        if node.op_type == "ZipMap":
            for output in model.graph.output:
                if output.name == node.output[0]:
                    output.CopyFrom(helper.make_tensor_value_info(output.name, TensorProto.FLOAT, ["batch", count]))
            notes.append(f"The maps of {node.output[0]} became a matrix; the class names are its labels.")
            node = helper.make_node("Identity", node.input, node.output)
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    if not any(opset.domain in ("", "ai.onnx") for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", 15))


def fit_opset(model, notes):
    from onnx import version_converter

    opset = next((opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")), None)
    if opset is None or LOWEST <= opset <= HIGHEST[""]:
        return model
    target = TARGET if opset > HIGHEST[""] else 13
    if opset > HIGHEST[""]:
        import onnx

        newest = onnx.defs.onnx_opset_version()
        if opset > newest:
            raise Refused(f"it uses opset {opset}, the newest that is known is {newest}")
    converted = version_converter.convert_version(model, target)
    notes.append(f"Opset {opset} became {target}.")
    return converted


if __name__ == "__main__":
    main(convert)
