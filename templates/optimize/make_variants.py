"""Variants of an ONNX model: FP16, int8, 4-bit weights, pruned. Each is tried on its own; one that fails harms no other.

Reads {"model", "work", "calibration": [[file.npy by input name], ...], "recipes": [{"name", ...}]} and tells
{"kind": "begin", "name"}, then {"kind": "made", "name", "facts"} or {"kind": "skipped", "name", "reason"} of each.
"""

import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "convert")]
import numpy as np  # noqa: E402
from mdeploy_convert import Refused, main, progress, tell, versions  # noqa: E402
from weights import Weights  # noqa: E402


def make_variants(request):
    import onnx

    work = request["work"]
    prepared = None
    for recipe in request["recipes"]:
        name = recipe["name"]
        tell("begin", name=name)
        progress(f"Making {name}")
        try:
            if prepared is None:
                prepared = prepare(request["model"], work)
            model = onnx.load(prepared)
            made, facts = RECIPES[name](model, recipe, request)
            made.ir_version = min(made.ir_version, 10)
            onnx.save(made, os.path.join(work, f"{name}.onnx"))
        except Refused as error:
            tell("skipped", name=name, reason=str(error))
        except MemoryError:
            raise
        except Exception as error:  # whatever a tool throws, its words are what helps
            reason = " ".join(str(error).split())[:400]
            tell("skipped", name=name, reason=f"{type(error).__name__}: {reason}", failed=True)
        else:
            tell("made", name=name, facts=facts)
    return {"versions": versions("onnx", "onnxruntime", "numpy")}


def prepare(path, work):
    """Constants folded, batch normalisation in its convolution, shapes told, weights as initializers in one file."""
    import onnx
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = os.path.join(work, "prepared.onnx")
    try:
        quant_pre_process(path, prepared, skip_symbolic_shape=True)
    except Exception:  # it only helps: what it cannot prepare is taken as it is
        onnx.save(onnx.load(path), prepared)
    model = onnx.load(prepared)
    weights = Weights(model)
    weights.take_constants()
    # The shape of a weight told a second time would contradict it once a tool has transposed it.
    told = [value for value in model.graph.value_info if value.name not in weights.tensors]
    del model.graph.value_info[:]
    model.graph.value_info.extend(told)
    onnx.save(model, prepared)
    return prepared


def fp16(model, recipe, request):
    from onnxruntime.transformers.float16 import convert_float_to_float16

    weights = Weights(model)
    if not weights.floats():
        raise Refused("it has no FP32 weights")
    return convert_float_to_float16(model, keep_io_types=True), {}


DYNAMIC = ["MatMul", "Gemm", "LSTM", "Attention", "Gather", "EmbedLayerNormalization"]
STATIC = ["Conv", "MatMul", "Gemm"]


def int8_dynamic(model, recipe, request):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    refuse_quantised(model)
    need(model, DYNAMIC)
    target = os.path.join(request["work"], "quantised.onnx")
    # Seven bits: with eight, processors without VNNI saturate, and the answer would depend on the machine.
    quantize_dynamic(
        model, target, op_types_to_quantize=DYNAMIC, weight_type=QuantType.QInt8, reduce_range=True,
        extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip
    return taken(target), {}


def int8_static(model, recipe, request):
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    refuse_quantised(model)
    need(model, STATIC)
    feeds = list(calibration(request))
    if not feeds:
        raise Refused("there are no inputs to calibrate with")
    target = os.path.join(request["work"], "quantised.onnx")
    options = {
        "quant_format": QuantFormat.QDQ, "reduce_range": True, "activation_type": QuantType.QUInt8,
        "weight_type": QuantType.QInt8, "calibrate_method": CalibrationMethod.MinMax,
        "extra_options": {"QDQDisableWeightAdjustForInt32Bias": True},
    }  # fmt: skip
    model = lift_opset(model)
    # One scale for each channel is more exact; opsets below 13 know none, and some graphs trip the tool.
    for per_channel in [True, False] if opset_of(model) >= 13 else [False]:
        try:
            quantize_static(
                model, target, Reader(feeds), op_types_to_quantize=STATIC, per_channel=per_channel, **options
            )
            break
        except (ValueError, RuntimeError, IndexError):
            if not per_channel:
                raise
    return taken(target), {"calibrated_with": len(feeds), "per_channel": int(per_channel)}


def opset_of(model):
    return next((opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")), 0)


def lift_opset(model):
    from onnx import version_converter

    if opset_of(model) >= 13:
        return model
    try:
        return version_converter.convert_version(model, 17)
    except Exception:  # it knows no way for some operator: the old opset does, with less
        return model


def int4_weights(model, recipe, request):
    weights = Weights(model)
    done = sum(weights.pack4(node) for node in list(model.graph.node))
    if done == 0:
        raise Refused("it has no matrix product with constant weights of 1024 elements or more")
    weights.drop_unused()
    return model, {"packed": done}


def pruned(model, recipe, request):
    weights = Weights(model)
    names = weights.of_products()
    if not names:
        raise Refused("it has no convolution or matrix product with constant weights")
    share = recipe["share"]
    for name in names:
        array = weights.array(name).copy()
        limit = np.quantile(np.abs(array), share)
        array[np.abs(array) <= limit] = 0
        weights.put(name, array)
    return model, weights.sparsity()


def fewer_channels(model, recipe, request):
    from channels import prune_channels

    weights = Weights(model)
    before = weights.count()
    removed, total = prune_channels(model, weights, recipe["share"])
    if removed == 0:
        raise Refused("no convolution or layer feeds one other alone, so that channels could go")
    del model.graph.value_info[:]
    return model, {"channels_removed": removed, "channels": total, "parameters_removed": before - weights.count()}


RECIPES = {
    "fp16": fp16,
    "int8-dynamic": int8_dynamic,
    "int8-static": int8_static,
    "int4-weights": int4_weights,
    "pruned": pruned,
    "fewer-channels": fewer_channels,
}


class Reader:
    """What onnxruntime calls a CalibrationDataReader."""

    def __init__(self, feeds):
        self.feeds = iter(feeds)

    def get_next(self):
        return next(self.feeds, None)


def calibration(request):
    for feed in request["calibration"]:
        yield {name: np.load(file, allow_pickle=False) for name, file in feed.items()}


def need(model, operators):
    weights = Weights(model)
    if not any(node.op_type in operators and weights.has_constant(node) for node in model.graph.node):
        raise Refused(f"it has none of {', '.join(operators)} with constant weights")


def refuse_quantised(model):
    if any("QuantizeLinear" in node.op_type or "Integer" in node.op_type for node in model.graph.node):
        raise Refused("it is quantised already")


def taken(path):
    import onnx

    model = onnx.load(path)
    os.remove(path)
    return model


if __name__ == "__main__":
    main(make_variants)
