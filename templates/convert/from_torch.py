"""PyTorch: TorchScript, ExportedProgram, and weights or pickled modules together with the code they belong to."""

import os
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
if hasattr(sys, "setdlopenflags"):
    # A build for GPUs runs on a CPU as long as nobody looks for symbols that are never called.
    sys.setdlopenflags(os.RTLD_LAZY)
import numpy as np  # noqa: E402
from mdeploy_convert import (  # noqa: E402
    OPSET, Asked, Refused, Spec, ask_original, leave_out_unsteady, main, progress, versions, write_model, write_samples,
)  # fmt: skip

CHECKPOINT_KEYS = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "module", "ema")
PREFIXES = ("module.", "_orig_mod.", "model.", "net.")


def convert(request):
    warnings.simplefilter("ignore")
    if not request["trust"]:
        os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    progress("Starting PyTorch")
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(max(1, min(4, os.cpu_count() or 1)))
    progress("Loading the model")
    model, specs = {
        "torchscript": load_script,
        "torch-export": load_exported,
        "torch-weights": load_weights,
        "torch-pickle": load_pickled,
    }[request["format"]](torch, request)
    progress("Asking the original")
    names = request.get("outputs")
    with torch.no_grad():
        # The first call tells how many outputs there are, and what they are called.
        answered = ask_original(specs, request.get("sample"), lambda inputs: answer(torch, model, specs, inputs, names))
        names = list(answered[0][2])
        answered, notes = leave_out_unsteady(answered, lambda inputs: answer(torch, model, specs, inputs, names), specs)
        progress("Exporting")
        onnx_model = export(torch, request, model, specs, answered[0][1], names)
    rename(onnx_model, [spec.name for spec in specs], names)
    frozen = frozen_inputs(onnx_model, specs)
    write_model(request["work"], onnx_model, answered, ("pytorch", torch.__version__))
    return {
        "framework": "pytorch",
        "samples": write_samples(request["work"], [(k, {n: v for n, v in i.items() if n not in frozen}, o) for k, i, o in answered]),
        "versions": versions("torch", "onnx", "onnxscript", "numpy"),
        "notes": [*notes, *extra_weights(request), *(f"The input {name} is a setting of the export, not of a request: it was left out." for name in frozen)],
    }


def extra_weights(request):
    names = request.get("extra")
    return [f"{len(names)} of the weights have no place in the model: {', '.join(names[:4])}."] if names else []


# --- loading ----------------------------------------------------------------------------------------------------------


def load_script(torch, request):
    model = part_of(torch.jit.load(request["source"], map_location="cpu").eval(), request.get("module"))
    refuse_state(model, request.get("module"))
    arguments = list(model.graph.inputs())[1:]
    names = [argument.debugName().split(".")[0] for argument in arguments]
    specs = given_specs(request)
    if not specs:
        known = [shape_of(argument) for argument in arguments]
        if not arguments or not all(known):
            typed = [f"--input {name}:{'INT64[]' if str(a.type()) == 'int' else 'FP32[batch,...]'}" for name, a in zip(names, arguments)]
            raise Asked("TorchScript does not keep the shapes of its inputs", " ".join(typed) or "--input x:FP32[batch,...]")
        specs = [Spec(name, datatype, shape) for name, (datatype, shape) in zip(names, known)]
    if len(specs) != len(arguments):
        raise Asked(f"it takes {len(arguments)} inputs ({', '.join(names)}), not {len(specs)}", " ".join(f"--input {n}:FP32[batch,...]" for n in names))
    # A plain number is no tensor: the export takes it as a constant.
    for spec, argument in zip(specs, arguments):
        spec.is_plain = str(argument.type()) in ("int", "float", "bool")
    return model, specs


def part_of(model, name):
    if name is None:
        return model
    found = dict(model.named_modules()).get(name)
    if found is None or not hasattr(found, "graph"):
        parts = [part for part, _ in model.named_children()]
        raise Asked(f"it has no module {name} that can be called; it has {', '.join(parts) or 'none'}", f"--module {parts[0] if parts else 'NAME'}")
    return found


def refuse_state(model, name):
    """What one call leaves for the next would mix callers up; the exporter fails with words of its own."""
    if not keeps_state(model):
        return
    prefix = f"{name}." if name else ""
    parts = [f"{prefix}{part}" for part, inner in model.named_children() if hasattr(inner, "graph") and not keeps_state(inner)]
    raise Asked(
        f"it keeps state between calls, which a server with several callers cannot; parts that do not are {', '.join(parts[:6]) or 'none'}",
        f"--module {parts[0] if parts else 'NAME'}, and an --input for each of its inputs",
    )  # fmt: skip


def keeps_state(model):
    return "prim::SetAttr" in str(model.inlined_graph)


def shape_of(argument):
    kind = argument.type()
    sizes = kind.sizes() if hasattr(kind, "sizes") else None
    if not sizes or kind.scalarType() is None:
        return None
    return datatype_of(str(kind.scalarType())), ["batch", *sizes[1:]]


def load_exported(torch, request):
    program = torch.export.load(request["source"])
    wanted = {item["name"]: item for item in request.get("inputs") or []}
    specs, symbols = [], {}
    for node in program.graph.nodes:
        if node.op != "placeholder" or node.name not in program.graph_signature.user_inputs:
            continue
        value = node.meta["val"]
        dims = []
        for axis, dim in enumerate(value.shape):
            if isinstance(dim, int):
                dims.append(dim)
            else:
                dims.append(symbols.setdefault(str(dim), "batch" if axis == 0 else f"dim_{len(symbols)}"))
        given = wanted.get(node.name)
        specs.append(Spec(node.name, datatype_of(str(value.dtype)), given["shape"] if given else dims))
    return program, specs


def load_weights(torch, request):
    if not request.get("entry"):
        raise Asked("weights alone are no model: they need the class they belong to", "--entry model.py:Net --entry-args '{}' --input x:FP32[batch,...]")
    specs = need_specs(request)
    loaded = read_weights(torch, request)
    module = make_entry(torch, request)
    module.eval()
    weights = find_weights(torch, loaded, set(module.state_dict()))
    try:
        fit = module.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise Refused(f"the weights do not fit {type(module).__name__}: {' '.join(str(error).split())[:400]}") from error
    if fit.missing_keys:
        raise Refused(f"the weights do not fit {type(module).__name__}: they lack {', '.join(fit.missing_keys[:4])}")
    if fit.unexpected_keys:
        # Of training, such as the parameters of a loss.
        request["extra"] = fit.unexpected_keys
    return module, specs


def read_weights(torch, request):
    with open(request["source"], "rb") as file:
        # safetensors: the length of the JSON that follows, in 64 bits.
        is_safetensors = file.read(10)[5:] == b'\0\0\0{"'
    if is_safetensors:
        from safetensors.torch import load_file

        return load_file(request["source"])
    know_safe(torch, request["allowed"])
    return torch.load(request["source"], map_location="cpu", weights_only=not request["trust"])


def know_safe(torch, allowed):
    """PyTorch's own list of what may be read lacks some that the scan found harmless: numbers of NumPy, paths, settings."""
    import importlib

    for full in allowed:
        module, _, name = full.rpartition(".")
        if module.split(".")[0] in ("numpy", "pathlib", "argparse", "collections"):
            torch.serialization.add_safe_globals([(getattr(importlib.import_module(module), name), full)])
    torch.serialization.add_safe_globals([type(np.dtype(code)) for code in "?bBhHiIlLqQefdUS"])


def load_pickled(torch, request):
    if request.get("entry"):
        import_file(request["entry"]["file"])
    specs = need_specs(request)
    try:
        loaded = torch.load(request["source"], map_location="cpu", weights_only=not request["trust"])
    except (ModuleNotFoundError, AttributeError) as error:
        raise Asked(f"the pickled module needs its own code ({error})", "--entry model.py:Net") from error
    if not isinstance(loaded, torch.nn.Module):
        raise Refused(f"it holds a {type(loaded).__name__}, not a module")
    return loaded.eval(), specs


def find_weights(torch, loaded, wanted):
    """The dict that fits best: the file itself, or one nested in a checkpoint; with or without a prefix."""
    candidates, queue = [], [loaded]
    while queue:
        found = queue.pop(0)
        if not isinstance(found, dict):
            continue
        if found and all(isinstance(value, torch.Tensor) for value in found.values()):
            candidates.append(found)
        queue.extend(found[key] for key in CHECKPOINT_KEYS if key in found)
        mixed = {key: value for key, value in found.items() if isinstance(value, torch.Tensor)}
        if mixed and len(mixed) < len(found):
            candidates.append(mixed)
    stripped = []
    for found in candidates:
        stripped.append(found)
        for prefix in PREFIXES:
            if any(key.startswith(prefix) for key in found):
                stripped.append({key[len(prefix):]: value for key, value in found.items() if key.startswith(prefix)})
    if not stripped:
        raise Refused("it holds no weights by name")
    return max(stripped, key=lambda found: len(wanted & set(found)) - len(set(found) - wanted))


def import_file(path):
    import importlib.util

    folder, file = os.path.split(path)
    sys.path.insert(0, folder)
    name = os.path.splitext(file)[0]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not os.path.isfile(path):
        raise Asked(f"{file} cannot be read", "--entry FILE.py:NAME")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise Refused(f"{file} cannot be imported ({error}): the class must stand in a file that needs PyTorch and NumPy only") from error
    return module


def make_entry(torch, request):
    entry = request["entry"]
    found = getattr(import_file(entry["file"]), entry["name"], None)
    if found is None:
        raise Asked(f"{os.path.basename(entry['file'])} has nothing named {entry['name']}", "--entry FILE.py:NAME")
    try:
        made = found(**(request.get("entryArgs") or {})) if callable(found) else found
    except TypeError as error:
        raise Asked(f"{entry['name']} cannot be called: {error}", "--entry-args '{\"width\": 6}'") from error
    if not isinstance(made, torch.nn.Module):
        raise Refused(f"{entry['name']} makes a {type(made).__name__}, not a torch.nn.Module")
    return made


# --- inputs and outputs -----------------------------------------------------------------------------------------------


def given_specs(request):
    return [Spec(item["name"], item["datatype"], item["shape"]) for item in request.get("inputs") or []]


def need_specs(request):
    specs = given_specs(request)
    if not specs:
        raise Asked("a module does not keep the shapes of its inputs", "--input x:FP32[batch,...]")
    return specs


def datatype_of(name):
    known = {"float32": "FP32", "Float": "FP32", "float64": "FP64", "Double": "FP64", "float16": "FP16", "Half": "FP16",
             "int64": "INT64", "Long": "INT64", "int32": "INT32", "Int": "INT32", "int16": "INT16", "Short": "INT16",
             "int8": "INT8", "Char": "INT8", "uint8": "UINT8", "Byte": "UINT8", "bool": "BOOL", "Bool": "BOOL"}  # fmt: skip
    found = known.get(name.split(".")[-1])
    if found is None:
        raise Refused(f"its input has the datatype {name}, which cannot be served")
    return found


def arguments_of(torch, specs, inputs):
    return tuple(
        inputs[spec.name].reshape(-1)[0].item() if getattr(spec, "is_plain", False) else torch.from_numpy(np.array(inputs[spec.name]))
        for spec in specs
    )


def answer(torch, model, specs, inputs, names):
    if hasattr(model, "reset_states"):
        model.reset_states()
    call = model.module() if hasattr(model, "graph_signature") else model
    flat = flatten(torch, call(*arguments_of(torch, specs, inputs)))
    if not names or len(names) != len(flat):
        if names:
            raise Asked(f"the model has {len(flat)} outputs, not {len(names)}", " ".join("--output NAME" for _ in flat))
        names = [name for name, _ in flat]
    return {name: value.detach().cpu().numpy() for name, (_, value) in zip(names, flat)}


def flatten(torch, value, name=""):
    if isinstance(value, torch.Tensor):
        return [(name or "output", value)]
    if isinstance(value, dict):
        return [pair for key, inner in value.items() for pair in flatten(torch, inner, str(key))]
    if hasattr(value, "to_tuple") and hasattr(value, "keys"):
        return flatten(torch, {key: value[key] for key in value.keys()})
    if isinstance(value, (tuple, list)):
        if len(value) == 1:
            return flatten(torch, value[0], name)
        return [pair for index, inner in enumerate(value) for pair in flatten(torch, inner, f"{name or 'output'}_{index}")]
    if value is None:
        return []
    raise Refused(f"it gives a {type(value).__name__}, which is no tensor")


# --- export -----------------------------------------------------------------------------------------------------------


def export(torch, request, model, specs, inputs, names):
    import onnx

    path = os.path.join(request["work"], "model.onnx")
    if request["format"] == "torch-export":
        torch.onnx.export(model, None, path, dynamo=True, external_data=False, opset_version=18)
        return onnx.load(path)
    if hasattr(model, "reset_states"):
        model.reset_states()
    axes = {
        spec.name: {axis: dim or f"{spec.name}_{axis}" for axis, dim in enumerate(spec.shape) if isinstance(dim, str)}
        for spec in specs
        if not getattr(spec, "is_plain", False)
    }
    # Every length of an output may follow from one of an input: those that do not are found by the answers.
    for name in names:
        axes[name] = {axis: "batch" if axis == 0 else f"{name}_{axis}" for axis in range(1)}
    tensors = [spec.name for spec in specs if not getattr(spec, "is_plain", False)]
    # The exporter that traces keeps the sequence length of recurrent layers free; torch.export fixes it.
    torch.onnx.export(
        model, arguments_of(torch, specs, inputs), path, input_names=tensors, output_names=names,
        dynamic_axes={name: found for name, found in axes.items() if found}, opset_version=OPSET, dynamo=False,
    )  # fmt: skip
    return onnx.load(path)


def rename(model, inputs, outputs):
    """The exporters' own names become the ones that were asked for."""
    graph = model.graph
    filled = {initializer.name for initializer in graph.initializer}
    actual = [value for value in graph.input if value.name not in filled]
    if len(graph.output) != len(outputs):
        raise Refused(f"the export has {len(graph.output)} outputs where the original has {len(outputs)}")
    changes = {value.name: name for value, name in zip(graph.output, outputs)}
    if len(actual) == len(inputs):
        changes.update({value.name: name for value, name in zip(actual, inputs)})
    for node in graph.node:
        node.input[:] = [changes.get(name, name) for name in node.input]
        node.output[:] = [changes.get(name, name) for name in node.output]
    for value in [*graph.input, *graph.output]:
        value.name = changes.get(value.name, value.name)


def frozen_inputs(model, specs):
    present = {value.name for value in model.graph.input}
    return [spec.name for spec in specs if spec.name not in present]


if __name__ == "__main__":
    main(convert)
