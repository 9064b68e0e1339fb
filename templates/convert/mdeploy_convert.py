"""What every converter does alike: speak JSON lines, stay within limits, make samples, write what was made.

A converter reads one JSON request from its standard input and answers with one JSON object a line on what was its
standard output: {"kind": "progress", "text"}, then {"kind": "done", ...} or {"kind": "failed", "code", ...}.
Whatever a framework prints goes to standard error.
"""

import contextlib
import errno
import json
import os
import random
import sys
import traceback

import numpy as np

DATATYPES = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "FP16": np.float16, "FP32": np.float32, "FP64": np.float64, "BYTES": np.object_,
}  # fmt: skip


class Asked(Exception):
    """The file does not say it: the user must. `flag` is what to type."""

    def __init__(self, what, flag):
        super().__init__(what)
        self.flag = flag


class Refused(Exception):
    """The model cannot be converted, for a reason that its owner understands."""


class Unsafe(Exception):
    """Loading the file would import something that its scan did not show."""


_channel = None


def tell(kind, **facts):
    _channel.write(json.dumps({"kind": kind, **facts}) + "\n")
    _channel.flush()


def progress(text):
    tell("progress", text=text)


def main(convert):
    """Runs `convert(request)`, which returns the facts of the answer `done`."""
    global _channel
    _channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    _die_with_parent()
    request = json.load(sys.stdin)
    random.seed(0)
    np.random.seed(0)
    try:
        done = convert(request)
    except Asked as error:
        tell("failed", code="asked", reason=str(error), flag=error.flag)
    except Unsafe as error:
        tell("failed", code="unsafe", reason=str(error))
    except Refused as error:
        tell("failed", code="refused", reason=str(error))
    except MemoryError:
        tell("failed", code="memory", reason="it ran out of memory")
    except Exception as error:  # whatever a framework throws, its last words are what helps
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return tell("failed", code="space", reason="no space is left on the device")
        traceback.print_exc()
        tell("failed", code="failed", reason=f"{type(error).__name__}: {_first_lines(error)}")
    else:
        tell("done", peak_bytes=_peak_bytes(), **done)


def _first_lines(error):
    return " ".join(str(error).split())[:600] or "no reason given"


def _die_with_parent():
    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _peak_bytes():
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


# --- safe loading -----------------------------------------------------------------------------------------------------


def guard(find_class, allowed):
    """`find_class` of an unpickler that imports nothing but what the scan has shown and found harmless."""

    def find(self, module, name):
        if f"{module}.{name}" not in allowed:
            raise Unsafe(f"{module}.{name}")
        found = find_class(self, module, name)
        # A name that looks like a class must be one: modules hold their own imports too.
        if module.split(".")[0] in ("sklearn", "scipy") and not isinstance(found, type):
            if not name.startswith(("__pyx_unpickle_", "new")) and not module.startswith("sklearn.feature_selection._"):
                raise Unsafe(f"{module}.{name}")
        return found

    return find


# --- samples ----------------------------------------------------------------------------------------------------------


class Spec:
    """A tensor that the converted model takes: shape holds lengths, and names of free axes."""

    def __init__(self, name, datatype, shape, draw=None):
        self.name, self.datatype, self.shape = name, datatype, list(shape)
        self.draw = draw  # (kind, shape, random) -> array, where the model says what its inputs are like

    @property
    def dtype(self):
        return DATATYPES[self.datatype]


KINDS = (("random", 8), ("edge", 4), ("zeros", 1), ("large", 4))
# Free axes behind the first get another length in every sample: one that was frozen shows.
LENGTHS = {"random": 7, "edge": 5, "zeros": 3, "large": 9}
# For models that shrink what they get, such as convolutions over a picture of any size: fewer rows of longer axes.
LARGER = 32


def make_samples(specs, given=None, scale=1):
    """[(kind, {name: array})]: those given, else random, edge, zeros and large ones of the signature's domain."""
    if given:
        return [("given", read_given(given, specs))]
    samples = []
    # An axis that is the first of one input is as long wherever else its name stands.
    first = {spec.shape[0] for spec in specs if spec.shape and isinstance(spec.shape[0], str)}
    for kind, rows in KINDS:
        rows = rows if scale == 1 else min(rows, 2)
        generator = np.random.default_rng(len(samples))
        samples.append((kind, {spec.name: _draw(spec, kind, rows, scale * LENGTHS[kind], first, generator) for spec in specs}))
    return samples


def _draw(spec, kind, rows, length, first, generator):
    shape = [
        dim if isinstance(dim, int) else rows if axis == 0 or dim and dim in first else length for axis, dim in enumerate(spec.shape)
    ]
    if spec.draw is not None:
        drawn = spec.draw(kind, tuple(shape), generator)
        if drawn is not None:
            return drawn
    if spec.datatype == "BYTES":
        words = np.array(["", "a", "Zürich", "the quick brown fox", "x" * 100, "上海"], dtype=object)
        return np.resize(words, shape) if kind != "zeros" else np.full(shape, "", dtype=object)
    if spec.datatype == "BOOL":
        return generator.integers(0, 2, shape).astype(bool) if kind != "zeros" else np.zeros(shape, bool)
    if kind == "zeros":
        return np.zeros(shape, spec.dtype)
    if np.issubdtype(spec.dtype, np.integer):
        # Integers are mostly indexes: small ones are valid for more models.
        high = {"random": 8, "edge": 2, "large": 100 if spec.datatype == "UINT8" else 8}[kind]
        return generator.integers(0, high, shape).astype(spec.dtype)
    values = generator.standard_normal(shape)
    if kind == "edge":
        values = np.resize(np.array([-1.0, 1.0, 1e-6, -1e-6, 0.5, -0.0]), shape)
    return (values * (10 if kind == "large" else 1)).astype(spec.dtype)


def read_given(path, specs):
    loaded = np.load(path, allow_pickle=False)
    arrays = {name: loaded[name] for name in loaded.files} if hasattr(loaded, "files") else {specs[0].name: loaded}
    missing = [spec.name for spec in specs if spec.name not in arrays]
    if missing:
        raise Refused(f"the sample file has no array named {', '.join(missing)}, it has {', '.join(arrays)}")
    found = {}
    for spec in specs:
        array = arrays[spec.name]
        if spec.datatype == "BYTES":
            array = array.astype(str).astype(object)
        found[spec.name] = np.ascontiguousarray(array, dtype=spec.dtype) if array.ndim else np.asarray(array, spec.dtype)
    return found


def ask_original(specs, given, answer):
    """`run_samples` on what `make_samples` makes; where free axes may be too short for the model, again with longer ones."""
    try:
        return run_samples(make_samples(specs, given), answer)
    except Asked:
        if given or not any(isinstance(dim, str) for spec in specs for dim in spec.shape[1:]):
            raise
        return run_samples(make_samples(specs, given, LARGER), answer)


def run_samples(samples, answer):
    """[(kind, inputs, outputs)] of the original. A made-up sample that it refuses is left out, unless all are."""
    answered, last = [], None
    for kind, inputs in samples:
        for attempt in [inputs] if kind == "given" else [inputs, smaller(inputs, 4), smaller(inputs, 2)]:
            try:
                with np.errstate(all="ignore"):
                    answered.append((kind, attempt, answer(attempt)))
                break
            except (MemoryError, Unsafe, Refused, Asked):
                raise
            except Exception as error:  # which inputs are valid only the model knows
                last = error
    if not answered or answered[0][0] not in ("random", "given"):
        reason = f"{type(last).__name__}: {_first_lines(last)}"
        raise Asked(f"the original refuses made-up inputs ({reason})", "--sample inputs.npz")
    return answered


def leave_out_unsteady(answered, answer, specs):
    """([(kind, inputs, outputs)], notes): without made-up samples on which the original does not agree with itself.

    Asked again with each row twice, or with inputs that differ in their last bit, some models answer otherwise by more than any
    two programs may: the logarithm of silence, the first of two even scores. Such a sample says nothing about a converter.
    """
    kept, notes = [], []
    for kind, inputs, outputs in answered:
        spread = 0.0 if kind in ("given", "random") else max([_spread(outputs, answer, twin) for twin in _twins(inputs, specs)], default=0.0)
        if spread <= 1:
            kept.append((kind, inputs, outputs))
        else:
            notes.append(f'The sample "{kind}" was left out: asked twice, the original differs from itself by {spread:.0f} times what is allowed.')
    return kept, notes


def _twins(inputs, specs):
    nudged = {
        name: np.nextafter(array, np.where(np.arange(array.size).reshape(array.shape) % 2, np.inf, -np.inf).astype(array.dtype))
        if array.dtype.kind == "f" and array.ndim else array for name, array in inputs.items()
    }  # fmt: skip
    yield nudged
    if all(spec.shape and isinstance(spec.shape[0], str) for spec in specs):
        yield {name: np.concatenate([array, array]) for name, array in inputs.items()}


def _spread(outputs, answer, twin):
    """Largest own difference, in parts of what two programs may differ by."""
    try:
        again = answer(twin)
    except (MemoryError, Unsafe):
        raise
    except Exception:  # the original takes one row only, or no such numbers
        return 0.0
    worst = 0.0
    for name, value in outputs.items():
        other = again[name][: len(value)] if value.ndim else again[name]
        if value.dtype.kind != "f" or other.shape != value.shape or not np.isfinite(value).all():
            continue
        rtol, atol = {2: (1e-2, 1e-3), 4: (1e-4, 1e-5)}.get(value.dtype.itemsize, (1e-6, 1e-8))
        allowed = atol * max(1.0, float(np.abs(value).max(initial=0.0))) + rtol * np.abs(value)
        worst = max(worst, float((np.abs(other - value) / allowed).max(initial=0.0)))
    return worst


def smaller(inputs, limit):
    """Whole numbers are mostly indexes, perhaps into something short."""
    return {name: array % limit if array.dtype.kind in "iu" else array for name, array in inputs.items()}


def write_samples(work, answered):
    """Sample documents as mdeploy reads them; returns their facts."""
    os.makedirs(os.path.join(work, "samples"), exist_ok=True)
    facts = []
    for kind, inputs, outputs in answered:
        for side, tensors in (("in", inputs), ("out", outputs)):
            with open(os.path.join(work, "samples", f"{kind}.{side}.json"), "w", encoding="utf-8") as file:
                file.write(_document(tensors))
        has_nan = [
            name for name, value in outputs.items() if value.dtype.kind == "f" and np.isnan(value.astype(np.float64)).any()
        ]
        facts.append({"name": kind, "nan": has_nan})
    return facts


def _document(tensors):
    lines = []
    for name, array in tensors.items():
        datatype = next(key for key, dtype in DATATYPES.items() if array.dtype == dtype)
        shape, data = json.dumps(list(array.shape)), _elements(array, datatype)
        lines.append(f'  {json.dumps(name)}: {{"datatype": "{datatype}", "shape": {shape}, "data": [{data}]}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _elements(array, datatype):
    flat = array.reshape(-1)
    if datatype == "BYTES":
        return ", ".join(json.dumps(text if isinstance(text, str) else str(text)) for text in flat)
    if datatype == "BOOL":
        return ", ".join("true" if value else "false" for value in flat)
    if datatype.startswith("FP"):
        return ", ".join(_number(value) for value in flat)
    return ", ".join(str(int(value)) for value in flat)


# The shortest text that reads back as the same value of its own width.
def _number(value):
    if np.isnan(value):
        return '"NaN"'
    if np.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    return str(value)


# --- the ONNX file ----------------------------------------------------------------------------------------------------

OPSET = 17
OPSET_ML = 3


def write_model(work, model, answered, producer, class_names=None, keep=None, free_axes=None):
    """Writes model.onnx: outputs in order and declared as they really are, within what the runtime reads."""
    import onnx

    if keep:
        names = [output.name for output in model.graph.output]
        unknown = [name for name in keep if name not in names]
        if unknown:
            raise Asked(f"the model has no output named {', '.join(unknown)}; it has {', '.join(names)}", "--output NAME")
        kept = [output for name in keep for output in model.graph.output if output.name == name]
        del model.graph.output[:]
        model.graph.output.extend(kept)
    declare_outputs(model, answered)
    model.ir_version = min(model.ir_version, 10)
    model.producer_name, model.producer_version = producer
    model.doc_string = ""
    # Some converters make the name up anew each time.
    model.graph.name = "model"
    if class_names is not None:
        entry = model.metadata_props.add()
        entry.key, entry.value = "class_names", json.dumps([str(name) for name in class_names])
    onnx.save(model, os.path.join(work, "model.onnx"))


def declare_outputs(model, answered):
    """Converters declare shapes that lie. A length that differs between answers of the original is a free axis, and has
    the name of the input's axis that it follows."""
    axes = input_axes(model, answered)
    made_up = {}
    for output in model.graph.output:
        shapes = [outputs[output.name].shape for _, _, outputs in answered if output.name in outputs]
        tensor = output.type.tensor_type
        if not shapes or not output.type.HasField("tensor_type"):
            continue
        if len({len(shape) for shape in shapes}) > 1:
            tensor.ClearField("shape")
            continue
        declared = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim] if tensor.HasField("shape") else []
        tensor.ClearField("shape")
        tensor.shape.SetInParent()
        for axis, lengths in enumerate(zip(*shapes)):
            before = declared[axis] if len(declared) == len(shapes[0]) else None
            found = declare_axis(axis, lengths, before, axes, made_up)
            setattr(tensor.shape.dim.add(), "dim_param" if isinstance(found, str) else "dim_value", found)


def declare_axis(axis, lengths, before, axes, made_up):
    is_constant = len(set(lengths)) == 1
    followed = None if is_constant else axes.get(lengths)
    if followed and (axis > 0 or followed == "batch"):
        return followed
    # All free axes of the inputs had another length each time.
    if is_constant and (before == lengths[0] or len(lengths) > 2 and lengths[0] > 0):
        return lengths[0]
    if before and before in axes.values():
        return before
    if not before and is_constant and axis > 0:
        return lengths[0]
    # One name for what is always as long; the exporters' own names say nothing to anybody.
    name = "batch" if axis == 0 and "batch" not in axes.values() else f"dim_{axis}"
    if (axis, lengths) not in made_up:
        count = sum(key[0] == axis for key in made_up)
        made_up[axis, lengths] = f"{name}_{count}" if count else name
    return made_up[axis, lengths]


def input_axes(model, answered):
    """{lengths in all samples: name of the free axis}"""
    axes = {}
    for value in model.graph.input:
        for axis, dim in enumerate(value.type.tensor_type.shape.dim):
            shapes = [inputs[value.name].shape for _, inputs, _ in answered if value.name in inputs]
            if dim.dim_param and len(shapes) == len(answered) and all(axis < len(shape) for shape in shapes):
                axes.setdefault(tuple(shape[axis] for shape in shapes), dim.dim_param)
    return axes


def versions(*names):
    from importlib.metadata import version

    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in names:
        with contextlib.suppress(ImportError):
            found[name] = version(name)
    return found
