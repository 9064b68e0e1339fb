"""Hugging Face folders: config.json with safetensors or pytorch_model.bin, of any model class that transformers itself has."""

import inspect
import json
import os
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
if hasattr(sys, "setdlopenflags"):
    # A build for GPUs runs on a CPU as long as nobody looks for symbols that are never called.
    sys.setdlopenflags(os.RTLD_LAZY)
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", HF_HUB_DISABLE_PROGRESS_BARS="1")
import numpy as np  # noqa: E402
from mdeploy_convert import (  # noqa: E402
    OPSET, Asked, Refused, Spec, Unsafe, ask_original, leave_out_unsteady, main, progress, versions, write_model, write_samples,
)  # fmt: skip

# What belongs to generating text step by step, and what shows the inside.
UNSERVED = ("loss", "past_key_values", "hidden_states", "attentions", "cross_attentions", "mems")
TEXT = ("input_ids", "attention_mask", "token_type_ids")


def convert(request):
    warnings.simplefilter("ignore")
    config = read_config(request)
    progress("Starting PyTorch")
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    torch.set_num_threads(max(1, min(4, os.cpu_count() or 1)))
    progress("Loading the model")
    model = load(transformers, request, config)
    specs = input_specs(model, request)
    progress("Asking the original")
    with torch.no_grad():
        answered = ask_original(specs, request.get("sample"), lambda inputs: answer(torch, model, specs, inputs))
        answered, notes = leave_out_unsteady(answered, lambda inputs: answer(torch, model, specs, inputs), specs)
        names = list(answered[0][2])
        progress("Exporting")
        onnx_model = export(torch, request, model, specs, answered[0][1], names)
    kept = request.get("outputs") or names
    write_model(
        request["work"], onnx_model, answered, ("pytorch", torch.__version__), class_names=class_names(model, answered), keep=request.get("outputs"),
    )  # fmt: skip
    answered = [(kind, inputs, {name: outputs[name] for name in kept}) for kind, inputs, outputs in answered]
    if model.main_input_name == "input_ids":
        notes.append("It takes token ids: the tokenizer stays with the caller.")
    return {
        "framework": "pytorch",
        "samples": write_samples(request["work"], answered),
        "versions": versions("transformers", "torch", "onnx", "safetensors", "numpy"),
        "notes": notes,
    }


# --- loading ----------------------------------------------------------------------------------------------------------


def read_config(request):
    with open(os.path.join(request["source"], "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    if config.get("auto_map") and not request["trust"]:
        raise Unsafe("Python code of its own (auto_map in config.json)")
    return config


def load(transformers, request, config):
    names = config.get("architectures") or []
    if not names:
        raise Refused("its config.json names no architecture; save the model with save_pretrained, which writes it")
    options = {"local_files_only": True, "attn_implementation": "eager", "dtype": "float32"}
    if config.get("auto_map"):
        found = transformers.AutoModel
        options["trust_remote_code"] = True
    else:
        found = getattr(transformers, names[0], None)
        if not (isinstance(found, type) and issubclass(found, transformers.PreTrainedModel)):
            raise Refused(f"transformers {transformers.__version__} has no model class {names[0]}")
    model, told = found.from_pretrained(request["source"], output_loading_info=True, **options)
    missing = sorted(told.get("missing_keys") or [])
    if missing:
        raise Refused(f"its weights lack {', '.join(missing[:4])}: {names[0]} would answer with random numbers")
    if model.config.is_encoder_decoder:
        raise Refused(f"{names[0]} writes its output step by step, which one request cannot; convert its encoder alone")
    return model.eval()


# --- inputs and outputs -----------------------------------------------------------------------------------------------


def input_specs(model, request):
    takes = inspect.signature(model.forward).parameters
    if request.get("inputs"):
        specs = [Spec(item["name"], item["datatype"], item["shape"]) for item in request["inputs"]]
        foreign = [spec.name for spec in specs if spec.name not in takes]
        if foreign:
            raise Asked(f"it has no input {foreign[0]}; its first is {model.main_input_name}", f"--input {model.main_input_name}:TYPE[axes]")
    elif model.main_input_name == "input_ids":
        specs = [Spec(name, "INT64", ["batch", "sequence"]) for name in TEXT if name in takes and is_used(model, name)]
    elif model.main_input_name == "pixel_values" and getattr(model.config, "image_size", None):
        size = model.config.image_size
        height, width = size if isinstance(size, (list, tuple)) else (size, size)
        specs = [Spec("pixel_values", "FP32", ["batch", getattr(model.config, "num_channels", 3), int(height), int(width)])]
    else:
        raise Asked(f"the shape of its input {model.main_input_name} is not in config.json", f"--input {model.main_input_name}:FP32[batch,...]")
    text = {"vocabulary": int(getattr(model.config, "vocab_size", None) or 2), "padding": getattr(model.config, "pad_token_id", None) or 0}
    for spec in specs:
        spec.draw = drawer(spec.name, **text) if spec.name in TEXT else None
    return specs


# A single segment needs no numbers.
def is_used(model, name):
    return name != "token_type_ids" or (getattr(model.config, "type_vocab_size", None) or 0) > 1


def drawer(name, vocabulary, padding):
    """Token ids of the whole vocabulary; each second row ends in padding, in ids and mask alike."""

    def draw(kind, shape, generator):
        mask = np.ones(shape, np.int64)
        if kind in ("random", "large") and len(shape) == 2 and shape[1] > 2:
            mask[1::2, -2:] = 0
        if name == "attention_mask":
            return mask
        if kind == "zeros":
            return np.zeros(shape, np.int64)
        if name == "token_type_ids":
            segments = np.zeros(shape, np.int64)
            segments[..., shape[-1] // 2 :] = 1
            return segments * mask
        ids = generator.integers(0, vocabulary, shape) if kind != "edge" else np.resize([0, vocabulary - 1, 1], shape)
        return np.where(mask == 1, ids, padding).astype(np.int64)

    return draw


def answer(torch, model, specs, inputs):
    found = call(model, {spec.name: torch.from_numpy(np.array(inputs[spec.name])) for spec in specs})
    return {name: value.detach().cpu().numpy() for name, value in found.items()}


def call(model, tensors):
    import torch

    options = {"use_cache": False} if "use_cache" in inspect.signature(model.forward).parameters else {}
    found = model(**tensors, return_dict=True, **options)
    return {name: value for name, value in found.items() if name not in UNSERVED and isinstance(value, torch.Tensor)}


def class_names(model, answered):
    """Names of the classes, unless they are the made-up ones."""
    names = getattr(model.config, "id2label", None) or {}
    if not type(model).__name__.endswith("Classification") or all(str(name).startswith("LABEL_") for name in names.values()):
        return None
    logits = answered[0][2].get("logits")
    listed = [names[key] for key in sorted(names, key=int)]
    return listed if logits is not None and logits.ndim == 2 and logits.shape[1] == len(listed) else None


# --- export -----------------------------------------------------------------------------------------------------------


def export(torch, request, model, specs, inputs, names):
    import onnx

    class Flat(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, *tensors):
            return tuple(call(self.inner, {spec.name: tensor for spec, tensor in zip(specs, tensors)}).values())

    path = os.path.join(request["work"], "model.onnx")
    axes = {spec.name: {axis: dim for axis, dim in enumerate(spec.shape) if isinstance(dim, str)} for spec in specs}
    axes.update({name: {0: "batch"} for name in names})
    torch.onnx.export(
        Flat().eval(), tuple(torch.from_numpy(np.array(inputs[spec.name])) for spec in specs), path,
        input_names=[spec.name for spec in specs], output_names=names, dynamic_axes=axes, opset_version=OPSET, dynamo=False,
    )  # fmt: skip
    return onnx.load(path)


if __name__ == "__main__":
    main(convert)
