"""TensorFlow: SavedModel, Keras archives and HDF5 files, TensorFlow Lite."""

import builtins
import contextlib
import json
import os
import re
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np  # noqa: E402
from mdeploy_convert import (  # noqa: E402
    DATATYPES, OPSET, Asked, Refused, Spec, Unsafe, ask_original, leave_out_unsteady, main, progress, versions, write_model, write_samples,
)  # fmt: skip


def convert(request):
    warnings.simplefilter("ignore")
    progress("Starting TensorFlow")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    progress("Loading the model")
    source = {"saved-model": SavedModel, "keras": Keras, "keras-h5": Keras, "tflite": Lite}[request["format"]](tf, request)
    specs = source.specs
    for item in request.get("inputs") or []:
        known = next((spec for spec in specs if spec.name == item["name"]), None)
        if known is None:
            raise Asked(f"it has no input {item['name']}; it has {', '.join(spec.name for spec in specs)}", "--input NAME:TYPE[axes]")
        known.shape = item["shape"]
    progress("Asking the original")
    answered = ask_original(specs, request.get("sample"), source.answer)
    answered, notes = leave_out_unsteady(answered, source.answer, specs)
    progress("Converting")
    model = source.to_onnx()
    mend(model)
    refuse_foreign(model)
    rename(model, specs, source.output_names, getattr(source, "inner", {}))
    write_model(request["work"], model, answered, ("tf2onnx", versions("tf2onnx").get("tf2onnx", "")), keep=request.get("outputs"))
    if request.get("outputs"):
        answered = [(kind, inputs, {name: outputs[name] for name in request["outputs"]}) for kind, inputs, outputs in answered]
    return {
        "framework": "tensorflow",
        "samples": write_samples(request["work"], answered),
        "versions": versions("tensorflow_cpu", "tensorflow", "keras", "tf2onnx", "onnx", "numpy"),
        "notes": [*source.notes, *notes],
    }


def dims_of(shape, name):
    """The first free axis is the batch; others are free under names of their own."""
    if shape is None:
        raise Asked(f"the rank of its input {name} is unknown", f"--input {name}:FP32[batch,...]")
    return [int(dim) if dim is not None and int(dim) >= 0 else "batch" if axis == 0 else f"dim_{axis}" for axis, dim in enumerate(shape)]


def datatype_of(dtype, name):
    text = np.dtype(dtype).name if not isinstance(dtype, str) else dtype
    if text in ("string", "object", "str", "bytes"):
        return "BYTES"
    found = next((key for key, known in DATATYPES.items() if key != "BYTES" and np.dtype(known).name == text), None)
    if found is None:
        raise Refused(f"its input {name} has the datatype {text}, which cannot be served")
    return found


class SavedModel:
    def __init__(self, tf, request):
        self.tf, self.path, self.notes = tf, request["source"], []
        self.loaded = tf.saved_model.load(self.path)
        names = list(self.loaded.signatures)
        wanted = request.get("signature")
        if wanted is None:
            known = [name for name in names if name != "__saved_model_init_op"]
            if "serving_default" not in known and len(known) != 1:
                raise Asked(f"it has the signatures {', '.join(known) or 'none'}", f"--signature {known[0] if known else 'NAME'}")
            wanted = "serving_default" if "serving_default" in known else known[0]
        if wanted not in names:
            raise Asked(f"it has no signature {wanted}; it has {', '.join(names)}", f"--signature {names[0] if names else 'NAME'}")
        self.signature, self.function = wanted, self.loaded.signatures[wanted]
        _, arguments = self.function.structured_input_signature
        self.specs = [Spec(name, datatype_of(spec.dtype.name, name), dims_of(spec.shape, name)) for name, spec in arguments.items()]
        self.output_names = sorted(self.function.structured_outputs)

    def answer(self, inputs):
        fed = {name: self.tf.constant(array) for name, array in inputs.items()}
        return {name: tensor_of(value.numpy()) for name, value in sorted(self.function(**fed).items())}

    def to_onnx(self):
        return onnx_of(self.tf, self.path, self.signature)


def onnx_of(tf, path, signature):
    from tf2onnx import convert as tf2onnx_convert
    from tf2onnx import tf_loader

    graph, inputs, outputs, tables, renamed = tf_loader.from_saved_model(
        path, None, None, tag=["serve"], signatures=[signature], return_initialized_tables=True, return_tensors_to_rename=True,
    )  # fmt: skip
    with tf.device("/cpu:0"):
        model, _ = tf2onnx_convert._convert_common(
            graph, name="model", opset=OPSET, input_names=inputs, output_names=outputs, tensors_to_rename=renamed,
            initialized_tables=tables,
        )  # fmt: skip
    return model


class Keras:
    def __init__(self, tf, request):
        self.tf, self.notes = tf, []
        config, version = keras_config(request)
        objects = custom_objects(request["entry"], config) if request.get("entry") else {}
        if not request["trust"]:
            refuse_code(config, version, objects)
        # Keras 3 reads most of what Keras 2 wrote, but not all of it.
        keras = __import__("tf_keras" if version.startswith(("1.", "2.")) else "keras")
        options = {"compile": False, "custom_objects": objects, "safe_mode": not request["trust"]}
        try:
            with safe_scope(keras, not request["trust"]):
                self.model = keras.models.load_model(request["source"], **options)
        except (TypeError, ValueError) as error:
            text = " ".join(str(error).split())
            if "unsafe" in text or "Lambda" in text:
                raise Unsafe(f"Python code of a Lambda layer ({text[:200]})") from error
            missing = re.search(r"Could not locate class '([^']+)'|Unknown layer:? '?([\w>]+)", text)
            if missing or "could not be deserialized properly" in text:
                named = f": {missing[1] or missing[2]}" if missing else ""
                raise Asked(f"it has a layer of its own making{named}", "--entry layers.py:MyLayer") from error
            raise
        self.specs = [self.spec(tensor, index) for index, tensor in enumerate(self.model.inputs)]
        self.output_names = output_names(self.model)

    def spec(self, tensor, index):
        name = tensor.name.split(":")[0] or f"input_{index}"
        return Spec(name, datatype_of(self.tf.as_dtype(tensor.dtype).name, name), dims_of(tensor.shape, name))

    def fed(self, inputs):
        tensors = {spec.name: self.tf.convert_to_tensor(inputs[spec.name]) for spec in self.specs}
        keyed = structure(self.model, "input")
        if isinstance(keyed, dict):
            names = {id(tensor): spec.name for spec, tensor in zip(self.specs, self.model.inputs)}
            return {key: tensors[names[id(tensor)]] for key, tensor in keyed.items()}
        return list(tensors.values()) if len(tensors) > 1 else next(iter(tensors.values()))

    def values(self, found):
        if isinstance(found, dict):
            return [found[name] for name in self.output_names]
        return list(found) if isinstance(found, (list, tuple)) else [found]

    def answer(self, inputs):
        found = self.values(self.model(self.fed(inputs), training=False))
        return {name: tensor_of(value.numpy()) for name, value in zip(self.output_names, found)}

    def to_onnx(self):
        import tf2onnx

        tf = self.tf
        types = [tf.TensorSpec([None if isinstance(dim, str) else dim for dim in spec.shape], tf.as_dtype(tensor.dtype), name=spec.name)
                 for spec, tensor in zip(self.specs, self.model.inputs)]  # fmt: skip

        @tf.function(input_signature=types)
        def call(*tensors):
            found = self.model(self.fed({spec.name: tensor for spec, tensor in zip(self.specs, tensors)}), training=False)
            return [tf.identity(value, name=name) for name, value in zip(self.output_names, self.values(found))]

        model, _ = tf2onnx.convert.from_function(call, input_signature=types, opset=OPSET)
        if len(model.graph.input) == len(types):
            return model
        # Constants that a layer made while it was loaded became inputs; a SavedModel keeps them.
        module = tf.Module()
        module.kept = [getattr(variable, "_value", variable) for variable in self.model.variables]
        module.call = tf.function(lambda *tensors: dict(zip(self.output_names, call(*tensors))), input_signature=types)
        tf.saved_model.save(module, "saved", signatures=module.call)
        return onnx_of(tf, "saved", "serving_default")


def structure(model, side):
    """How inputs or outputs are nested; a Sequential that was loaded has forgotten it, and has one of each."""
    try:
        return getattr(model, side)
    except AttributeError:
        return None


def output_names(model):
    found = structure(model, "output")
    if isinstance(found, dict):
        return [str(name) for name in found]
    names = list(getattr(model, "output_names", []))
    count = len(model.outputs)
    if count == 1:
        return ["output_0"]
    return names if len(set(names)) == count else [f"output_{index}" for index in range(count)]


def keras_config(request):
    """The text that says what the model is made of, and the version of Keras that wrote it."""
    if request["format"] == "keras":
        import zipfile

        with zipfile.ZipFile(request["source"]) as archive:
            metadata = json.loads(archive.read("metadata.json"))
            return archive.read("config.json").decode(), str(metadata.get("keras_version", "3"))
    import h5py

    with h5py.File(request["source"], "r") as file:
        config, version = file.attrs.get("model_config"), file.attrs.get("keras_version", "2.")
        if config is None:
            raise Refused("it holds weights without a model: save the whole model, not save_weights")
        return as_text(config), as_text(version)


def as_text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


# Where Keras keeps its own classes; anything else in a configuration would be imported.
OWN_MODULES = re.compile(
    r"(tf_)?keras(\.(src|layers|initializers|regularizers|constraints|activations|losses|metrics|optimizers|models|engine|mixed_precision|dtype_policies))?"
    r"(\.(layers|initializers|regularizers|constraints|activations|models|engine|core|dtype_policies|functional|sequential)[\w.]*)?"
)


def refuse_code(config, version, objects):
    """A configuration may hold Python code, and name what is to be imported: Keras 2 looks at neither."""
    is_old = version.startswith(("1.", "2."))
    queue = [json.loads(config)]
    while queue:
        node = queue.pop()
        if isinstance(node, dict):
            if node.get("class_name") in ("Lambda", "__lambda__"):
                raise Unsafe("Python code of a Lambda layer")
            module, name = node.get("module"), node.get("class_name")
            if is_old and isinstance(module, str) and name is not None and name not in objects:
                refuse_import(module, name, node.get("config"))
            queue.extend(node.values())
        elif isinstance(node, list):
            queue.extend(node)


def refuse_import(module, name, held):
    if name == "function":
        # Activations and losses: named by what Keras has under that name.
        if not (OWN_MODULES.fullmatch(module) or module == "builtins") or not isinstance(held, str) or hasattr(builtins, held):
            raise Unsafe(f"{module}.{held}")
    elif not OWN_MODULES.fullmatch(module) and (module, name) != ("builtins", "slice"):
        raise Asked(f"it has a layer of its own making: {module}.{name}", "--entry layers.py:MyLayer")


def safe_scope(keras, is_safe):
    """Keras 2 takes `safe_mode` for one of its two formats only."""
    if keras.__name__ != "tf_keras":
        if not is_safe:
            keras.config.enable_unsafe_deserialization()
        return contextlib.nullcontext()
    from tf_keras.src.saving import serialization_lib

    return serialization_lib.SafeModeScope(is_safe)


def custom_objects(entry, config):
    """The classes of a file, under their names and under those with which the model has registered them."""
    import importlib.util

    sys.path.insert(0, os.path.dirname(entry["file"]))
    spec = importlib.util.spec_from_file_location("custom_objects", entry["file"])
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise Refused(f"{os.path.basename(entry['file'])} cannot be imported ({error}): it may need Keras, TensorFlow and NumPy only") from error
    found = {name: value for name, value in vars(module).items() if isinstance(value, type) or callable(value)}
    for registered, name in re.findall(r'"([^">]+>(\w+))"', config):
        if name in found:
            found[registered] = found[name]
    return found


class Lite:
    """A signature gives its tensors the names that they had in Keras; without one the inner names must do."""

    def __init__(self, tf, request):
        self.path, self.notes = request["source"], []
        self.interpreter = tf.lite.Interpreter(model_path=self.path)
        signatures = self.interpreter.get_signature_list()
        if len(signatures) == 1:
            runner = self.interpreter.get_signature_runner(next(iter(signatures)))
            self.inputs, self.outputs = runner.get_input_details(), runner.get_output_details()
        else:
            self.inputs = {detail["name"]: detail for detail in self.interpreter.get_input_details()}
            self.outputs = {detail["name"]: detail for detail in self.interpreter.get_output_details()}
        self.specs = [self.spec(name, detail) for name, detail in self.inputs.items()]
        self.output_names = list(self.outputs)
        self.inner = {detail["name"]: name for found in (self.inputs, self.outputs) for name, detail in found.items()}

    def spec(self, name, detail):
        signature = detail.get("shape_signature")
        shape = signature if signature is not None and len(signature) else detail["shape"]
        return Spec(name, datatype_of(detail["dtype"], name), dims_of([int(dim) for dim in shape], name))

    def answer(self, inputs):
        for name, detail in self.inputs.items():
            self.interpreter.resize_tensor_input(detail["index"], inputs[name].shape)
        self.interpreter.allocate_tensors()
        for name, detail in self.inputs.items():
            self.interpreter.set_tensor(detail["index"], inputs[name])
        self.interpreter.invoke()
        return {name: tensor_of(np.array(self.interpreter.get_tensor(detail["index"]))) for name, detail in self.outputs.items()}

    def to_onnx(self):
        import tf2onnx

        model, _ = tf2onnx.convert.from_tflite(self.path, opset=OPSET)
        return model


def tensor_of(array):
    if array.dtype.kind in "OS":
        return np.array([item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in array.reshape(-1)], dtype=object).reshape(array.shape)
    return array


def mend(model):
    """What tf2onnx leaves undone: the complement of the error function (GELU), outputs of lookups without a shape."""
    import onnx

    nodes = []
    for node in model.graph.node:
        if node.op_type != "Erfc":
            nodes.append(node)
            continue
        name, (given,) = node.output[0], node.input
        one = onnx.helper.make_tensor(f"{name}_one", onnx.TensorProto.FLOAT, [], [1.0])
        nodes += [
            onnx.helper.make_node("Constant", [], [f"{name}_float"], value=one),
            onnx.helper.make_node("CastLike", [f"{name}_float", given], [f"{name}_one"]),
            onnx.helper.make_node("Erf", [given], [f"{name}_erf"]),
            onnx.helper.make_node("Sub", [f"{name}_one", f"{name}_erf"], [name]),
        ]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    for value in model.graph.output:
        # Corrected as soon as the original has answered.
        if not value.type.tensor_type.HasField("shape"):
            value.type.tensor_type.shape.SetInParent()


def refuse_foreign(model):
    """tf2onnx leaves operators that it cannot convert as they are, and says that all went well."""
    import onnx

    known = {"ai.onnx.ml", "com.microsoft"}
    foreign = sorted({
        node.op_type for node in model.graph.node
        if node.domain not in known and not (node.domain in ("", "ai.onnx") and onnx.defs.has(node.op_type, ""))
    })  # fmt: skip
    if foreign:
        raise Refused(f"these operators have no ONNX form: {', '.join(foreign[:8])}")

    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise Refused(f"the converter made a model that does not hold: {' '.join(str(error).split())[:300]}") from error


def rename(model, specs, outputs, inner):
    """tf2onnx adds `:0` or takes inner names: the original's own are put back, in its order."""
    graph = model.graph
    if len(graph.input) != len(specs) or len(graph.output) != len(outputs):
        raise Refused(
            f"the converted model has {len(graph.input)} inputs and {len(graph.output)} outputs where the original has "
            f"{len(specs)} and {len(outputs)}"
        )
    changes = {}
    for values, names in ((graph.input, [spec.name for spec in specs]), (graph.output, outputs)):
        for index, value in enumerate(values):
            stem = value.name.split(":")[0].removeprefix("serving_default_")
            changes[value.name] = inner.get(value.name) or next((name for name in names if name in (value.name, stem)), names[index])
        if len(set(changes[value.name] for value in values)) < len(names):
            raise Refused(f"which outputs of the converted model are {', '.join(names)} cannot be told")
    for node in graph.node:
        node.input[:] = [changes.get(name, name) for name in node.input]
        node.output[:] = [changes.get(name, name) for name in node.output]
    for value in [*graph.input, *graph.output, *graph.value_info]:
        value.name = changes.get(value.name, value.name)
    order = {name: index for index, name in enumerate(outputs)}
    ordered = sorted(graph.output, key=lambda value: order.get(value.name, len(order)))
    copies = [type(value).FromString(value.SerializeToString()) for value in ordered]
    del graph.output[:]
    graph.output.extend(copies)
    for value, spec in zip(list(graph.input), specs):
        spec_of = next(known for known in specs if known.name == value.name)
        for dim, wanted in zip(value.type.tensor_type.shape.dim, spec_of.shape):
            if isinstance(wanted, str):
                dim.ClearField("dim_value")
                dim.dim_param = wanted


if __name__ == "__main__":
    main(convert)
