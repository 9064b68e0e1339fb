"""scikit-learn models: pickle, joblib or skops; estimators, pipelines, text and column transformers, boosted trees."""

import os
import pickle
import re
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np  # noqa: E402
from mdeploy_convert import (  # noqa: E402
    OPSET, OPSET_ML, Asked, Refused, Spec, Unsafe, guard, main, make_samples, progress, run_samples, versions, write_model,
    write_samples,
)  # fmt: skip


def convert(request):
    warnings.simplefilter("ignore")
    progress("Loading the model")
    model = load(request)
    inner = final_estimator(model)
    specs = given_specs(request) or input_specs(model)
    progress(f"Converting {type(inner).__name__}")
    onnx_model = to_onnx(model, inner, specs)
    # skl2onnx gives some answers as a column where scikit-learn gives a list.
    names = {output.name: [dim.dim_value for dim in output.type.tensor_type.shape.dim] for output in onnx_model.graph.output}
    progress("Asking the original")
    samples = make_samples(specs, request.get("sample"))
    answered = run_samples(drop_ties(model, specs, samples), lambda inputs: answer(model, specs, inputs, names))
    classes = getattr(model, "classes_", None)
    write_model(
        request["work"], onnx_model, answered, ("skl2onnx", versions("skl2onnx").get("skl2onnx", "")),
        class_names=classes if classes is not None and np.ndim(classes) == 1 else None, keep=request.get("outputs"),
    )  # fmt: skip
    kept = request.get("outputs") or list(names)
    answered = [(kind, inputs, {name: outputs[name] for name in kept if name in outputs}) for kind, inputs, outputs in answered]
    return {
        "framework": "sklearn",
        "estimator": type(inner).__name__,
        "samples": write_samples(request["work"], answered),
        "versions": versions("scikit-learn", "skl2onnx", "onnx", "numpy", "xgboost", "lightgbm", "onnxmltools"),
    }


# --- loading ----------------------------------------------------------------------------------------------------------


def load(request):
    if request["format"] == "skops":
        return load_skops(request)
    import joblib
    from joblib.numpy_pickle import NumpyUnpickler

    if not request["trust"]:
        allowed = set(request["allowed"])
        NumpyUnpickler.find_class = guard(pickle._Unpickler.find_class, allowed)

        class Guarded(pickle._Unpickler):
            find_class = guard(pickle._Unpickler.find_class, allowed)

        # Arrays of objects are pickles of their own, which joblib reads with these.
        pickle.load = lambda file, **options: Guarded(file, **options).load()
        pickle.Unpickler = Guarded
    model = joblib.load(request["source"])
    if not hasattr(model, "predict") and not hasattr(model, "transform"):
        raise Refused(f"it is a {type(model).__name__}, which neither predicts nor transforms")
    return model


def load_skops(request):
    import skops.io

    # Its own list of what may be trusted lacks the trees of scikit-learn; the scan knows them.
    unknown = skops.io.get_untrusted_types(file=request["source"])
    findings = sorted(set(unknown) - set(request["allowed"]))
    if findings and not request["trust"]:
        raise Unsafe(", ".join(findings))
    return skops.io.load(request["source"], trusted=unknown)


def final_estimator(model):
    while hasattr(model, "steps"):
        model = model.steps[-1][1]
    return getattr(model, "best_estimator_", model)


# --- what goes in -----------------------------------------------------------------------------------------------------


def given_specs(request):
    return [Spec(item["name"], item["datatype"], item["shape"]) for item in request.get("inputs") or []]


def input_specs(model):
    first = first_step(model)
    kind = type(first).__name__
    if hasattr(first, "vocabulary_") or kind == "HashingVectorizer":
        return [Spec("X", "BYTES", ["batch", 1], text_drawer(first))]
    if kind == "ColumnTransformer" and hasattr(first, "feature_names_in_"):
        return column_specs(first)
    count = getattr(model, "n_features_in_", None) or getattr(first, "n_features_in_", None)
    if count is None:
        raise Asked("the model does not say how many features it takes", "--input X:FP32[batch,4]")
    return [Spec("X", "FP32", ["batch", int(count)], number_drawer(model, int(count)))]


def first_step(model):
    while hasattr(model, "steps"):
        model = model.steps[0][1]
    return getattr(model, "best_estimator_", model)


def column_specs(transformer):
    """One input per column, as the rows of a table are sent by name."""
    specs = {}
    for _, step, columns in transformer.transformers_:
        listed = [columns] if isinstance(columns, str) else list(columns) if not callable(columns) else []
        for position, column in enumerate(listed):
            name = column if isinstance(column, str) else str(transformer.feature_names_in_[int(column)])
            specs[name] = column_spec(name, step, position)
    names = [str(name) for name in transformer.feature_names_in_]
    return [specs.get(name) or Spec(name, "FP32", ["batch", 1]) for name in names]


def column_spec(name, step, position):
    inner = first_step(step)
    if hasattr(inner, "vocabulary_"):
        return Spec(name, "BYTES", ["batch", 1], text_drawer(inner))
    known = getattr(inner, "categories_", None)
    if known is not None:
        categories = known[position]
        if categories.dtype.kind in "OUS":
            return Spec(name, "BYTES", ["batch", 1], choice_drawer([str(item) for item in categories]))
        return Spec(name, "INT64", ["batch", 1], choice_drawer(categories.astype(np.int64)))
    drawer = number_drawer(step, None, position)
    return Spec(name, "FP32", ["batch", 1], drawer)


# --- samples of the model's own domain --------------------------------------------------------------------------------


def number_drawer(model, count, position=None):
    centre, spread = domain(model, count)
    if position is not None and centre is not None:
        centre, spread = centre[position : position + 1], spread[position : position + 1]
    if centre is None or not np.all(np.isfinite(centre)) or not np.all(np.isfinite(spread)):
        return None

    def draw(kind, shape, generator):
        if kind == "zeros" or shape[-1] != len(centre):
            return None
        reach = {"random": 1.0, "edge": 2.0, "large": 10.0}[kind]
        values = generator.standard_normal(shape)
        if kind == "edge":
            values = np.resize(np.array([-1.0, 1.0, 0.0, 0.5]), shape[:1]).reshape(-1, 1) * np.ones(shape)
        return (centre + values * spread * reach).astype(np.float32)

    return draw


def domain(model, count):
    """Centre and spread of each feature, as far as something in the model remembers its training data."""
    for step in walk(model):
        if hasattr(step, "mean_") and hasattr(step, "scale_") and np.ndim(step.mean_) == 1:
            centre, spread = np.asarray(step.mean_, float), np.asarray(step.scale_, float)
        elif hasattr(step, "data_min_"):
            centre, spread = (step.data_min_ + step.data_max_) / 2, (step.data_max_ - step.data_min_) / 4
        elif hasattr(step, "cluster_centers_"):
            centre, spread = step.cluster_centers_.mean(0), step.cluster_centers_.std(0) + 1e-3
        elif hasattr(step, "theta_") and np.ndim(step.theta_) == 2:
            centre, spread = step.theta_.mean(0), step.theta_.std(0) + 1e-3
        elif isinstance(getattr(step, "_fit_X", None), np.ndarray):
            centre, spread = step._fit_X.mean(0), step._fit_X.std(0) + 1e-6
        elif hasattr(step, "tree_") or hasattr(step, "estimators_"):
            centre, spread = thresholds(step, count)
        else:
            continue
        if centre is not None and (count is None or len(centre) == count):
            return centre, spread
    return None, None


def walk(model):
    """The steps that see the features as they come in: only the first of a pipeline does."""
    yield model
    first = first_step(model)
    if first is not model:
        yield first


def thresholds(step, count):
    trees = [step] if hasattr(step, "tree_") else list(np.ravel(np.array(step.estimators_, dtype=object)))
    found = {}
    for tree in trees:
        inner = getattr(tree, "tree_", None)
        if inner is None:
            return None, None
        for feature, threshold in zip(inner.feature, inner.threshold):
            if feature >= 0:
                found.setdefault(int(feature), []).append(float(threshold))
    if not found or count is None:
        return None, None
    centre, spread = np.zeros(count), np.ones(count)
    for feature, values in found.items():
        centre[feature], spread[feature] = np.mean(values), np.std(values) or abs(np.mean(values)) * 0.1 or 1.0
    return centre, spread


def text_drawer(vectorizer):
    words = sorted(getattr(vectorizer, "vocabulary_", {"text": 0}))

    def draw(kind, shape, generator):
        if kind == "zeros":
            return np.full(shape, "", dtype=object)
        length = {"random": 6, "edge": 1, "large": 60}[kind]
        lines = [" ".join(generator.choice(words, length)) for _ in range(int(np.prod(shape)))]
        if kind == "edge":
            lines[0], lines[-1] = "zzzunknown qqqword", lines[-1].upper()
        return np.array(lines, dtype=object).reshape(shape)

    return draw


def choice_drawer(values):
    def draw(kind, shape, generator):
        drawn = np.array([values[index] for index in generator.integers(0, len(values), int(np.prod(shape)))])
        drawn = drawn.astype(object if isinstance(values[0], str) else np.int64)
        if kind == "edge" and isinstance(values[0], str):
            drawn[0] = "zzz-unknown"
        return drawn.reshape(shape)

    return draw


def drop_ties(model, specs, samples):
    """A class label is only as sure as the scores behind it: rows whose best two are even say nothing about a converter."""
    method = next((name for name in ("predict_proba", "decision_function") if hasattr(model, name)), None)
    if method is None and type(final_estimator(model)).__name__.endswith("KMeans"):
        method = "transform"
    if method is None:
        return samples
    kept = []
    for kind, inputs in samples:
        try:
            scores = np.asarray(getattr(model, method)(rows_of(model, specs, inputs)), dtype=float)
        except Exception:  # the model refuses them, which run_samples will tell
            kept.append((kind, inputs))
            continue
        if scores.ndim == 1:
            margin = np.abs(scores)
        else:
            best = np.sort(scores, axis=1)
            best = best[:, :2] if method == "transform" else best[:, -2:]
            margin = best[:, 1] - best[:, 0] if best.shape[1] > 1 else np.ones(len(scores))
        sure = margin > 1e-4 * np.maximum(1.0, np.abs(scores).max())
        if kind == "given" or sure.all():
            kept.append((kind, inputs))
        elif sure.any():
            kept.append((kind, {name: array[sure] for name, array in inputs.items()}))
    return kept


# --- conversion and answers -------------------------------------------------------------------------------------------


def to_onnx(model, inner, specs):
    from skl2onnx import convert_sklearn
    from skl2onnx.common import data_types
    from skl2onnx.common.exceptions import MissingConverter, MissingShapeCalculator

    register_boosters()
    take_booleans()
    for step in parts(model):
        if hasattr(step, "flatten_transform"):
            # Only `transform` knows the difference, which a classifier is not asked for.
            step.flatten_transform = False
    types = {"FP32": "FloatTensorType", "FP64": "DoubleTensorType", "INT64": "Int64TensorType", "INT32": "Int32TensorType",
             "BYTES": "StringTensorType", "BOOL": "BooleanTensorType"}  # fmt: skip
    initial = []
    for spec in specs:
        if spec.datatype not in types:
            raise Refused(f"skl2onnx takes no {spec.datatype} inputs; use FP32, FP64, INT64, BYTES or BOOL")
        shape = [dim if isinstance(dim, int) else None for dim in spec.shape]
        initial.append((spec.name, getattr(data_types, types[spec.datatype])(shape)))
    # Not every classifier knows the first option; without any, a pipeline asks for a ZipMap that the others cannot have.
    first = {"zipmap": False} if hasattr(inner, "predict_proba") else {"zipmap": False, "raw_scores": True}
    attempts = [first, {"zipmap": False}, {"nocl": False}, None] if hasattr(inner, "classes_") or hasattr(inner, "predict_proba") else [None]
    for chosen in attempts:
        options = {id(inner): chosen} if chosen else None
        try:
            return convert_sklearn(model, initial_types=initial, options=options, target_opset={"": OPSET, "ai.onnx.ml": OPSET_ML})
        except (NameError, TypeError, ValueError) as error:
            if chosen is None or not any(option in str(error) for option in (*chosen, "zipmap")):
                raise
        except (MissingConverter, MissingShapeCalculator, NotImplementedError, RuntimeError) as error:
            found = re.search(r"'<class '(?:\w+\.)*(\w+)'>'", str(error))
            raise Refused(f"skl2onnx has no form for {found[1]}" if found else str(error).split(". ")[0]) from error


def parts(model):
    yield model
    for _, step in getattr(model, "steps", None) or []:
        yield from parts(step)


def take_booleans():
    """skl2onnx gives truth values where protobuf 7 takes nothing but whole numbers."""
    import onnx.helper

    make = onnx.helper.make_attribute
    if getattr(make, "takes_booleans", False):
        return

    def whole(value):
        if isinstance(value, (bool, np.bool_)):
            return int(value)
        if isinstance(value, (list, tuple)):
            return [whole(item) for item in value]
        if isinstance(value, np.ndarray) and value.dtype == bool:
            return value.astype(int)
        return value

    def make_attribute(key, value, *rest, **options):
        return make(key, whole(value), *rest, **options)

    make_attribute.takes_booleans = True
    onnx.helper.make_attribute = make_attribute


def register_boosters():
    """XGBoost and LightGBM estimators inside pipelines, where the environment has them."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes as classes
    from skl2onnx.common.shape_calculator import calculate_linear_regressor_output_shapes as values

    options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    if "xgboost" in sys.modules:
        import xgboost
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost

        update_registered_converter(xgboost.XGBClassifier, "XGBoostXGBClassifier", classes, convert_xgboost, options=options)
        update_registered_converter(xgboost.XGBRegressor, "XGBoostXGBRegressor", values, convert_xgboost)
    if "lightgbm" in sys.modules:
        import lightgbm
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        update_registered_converter(lightgbm.LGBMClassifier, "LightGbmLGBMClassifier", classes, convert_lightgbm, options=options)
        update_registered_converter(lightgbm.LGBMRegressor, "LightGbmLGBMRegressor", values, convert_lightgbm)


def rows_of(model, specs, inputs):
    """The inputs as scikit-learn takes them."""
    if len(specs) == 1:
        array = inputs[specs[0].name]
        first = first_step(model)
        is_text = hasattr(first, "vocabulary_") or type(first).__name__ == "HashingVectorizer"
        return array.reshape(-1) if is_text else array
    import pandas

    columns = {}
    for spec in specs:
        array = inputs[spec.name]
        columns.update({spec.name: array[:, 0]} if array.shape[1] == 1 else {f"{spec.name}{i}": array[:, i] for i in range(array.shape[1])})
    return pandas.DataFrame(columns)


METHODS = ("predict_proba", "decision_function", "transform", "score_samples")


def answer(model, specs, inputs, names):
    rows = rows_of(model, specs, inputs)
    outputs = {}
    for name, dims in names.items():
        if "label" in name or name == "variable" and hasattr(model, "predict"):
            outputs[name] = labels(ask(model.predict, rows)) if "label" in name else column(ask(model.predict, rows))
        else:
            method = next((method for method in METHODS if hasattr(model, method)), None)
            if method is None:
                raise Refused(f"nothing in {type(model).__name__} gives what the output {name} should be")
            outputs[name] = column(ask(getattr(model, method), rows))
            if dims[1:] == [2] and outputs[name].shape[1:] == (1,):
                # One score stands for two classes; ONNX gives both.
                outputs[name] = np.concatenate([-outputs[name], outputs[name]], axis=1)
        if len(dims) == 2 and outputs[name].ndim == 1:
            outputs[name] = outputs[name].reshape(-1, 1)
    return outputs


def ask(method, rows):
    try:
        return method(rows)
    except ValueError as error:
        # Compiled parts that know one width of numbers only.
        if "dtype mismatch" not in str(error):
            raise
        return method(rows.astype(np.float64))


def labels(values):
    values = np.asarray(values)
    return values.astype(np.int64) if values.dtype.kind in "iub" else values.astype(object)


def column(values):
    values = np.asarray(values.todense() if hasattr(values, "todense") else values)
    values = values.astype(np.float32)
    return values.reshape(-1, 1) if values.ndim == 1 else values


if __name__ == "__main__":
    main(convert)
