"""Boosted trees in the files of their own libraries: XGBoost json and ubj, LightGBM text, CatBoost cbm."""

import os
import re
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import numpy as np  # noqa: E402
from mdeploy_convert import (  # noqa: E402
    OPSET_ML, Refused, Spec, main, make_samples, progress, run_samples, versions, write_model, write_samples,
)  # fmt: skip

# onnxmltools knows no later one.
OPSET = 15


def convert(request):
    warnings.simplefilter("ignore")
    progress("Loading the model")
    trees = {"xgboost": XGBoost, "lightgbm": LightGBM, "catboost": CatBoost}[request["format"]](request)
    specs = given_specs(request) or [Spec(trees.input, "FP32", ["batch", trees.features], drawer(trees.thresholds(), trees.features))]
    progress(f"Converting {trees.features} features")
    model = trees.to_onnx(specs[0].name)
    names = [output.name for output in model.graph.output]
    progress("Asking the original")
    answered = run_samples(make_samples(specs, request.get("sample")), lambda inputs: trees.answer(inputs[specs[0].name], names))
    answered = drop_ties(answered)
    write_model(request["work"], model, answered, trees.producer(), class_names=trees.classes, keep=request.get("outputs"))
    if request.get("outputs"):
        answered = [(kind, inputs, {name: outputs[name] for name in request["outputs"]}) for kind, inputs, outputs in answered]
    return {
        "framework": request["format"],
        "samples": write_samples(request["work"], answered),
        "versions": versions(request["format"], "onnxmltools", "onnx", "numpy"),
    }


def given_specs(request):
    return [Spec(item["name"], item["datatype"], item["shape"]) for item in request.get("inputs") or []]


class XGBoost:
    input = "X"

    def __init__(self, request):
        import json

        import xgboost

        booster = xgboost.Booster(model_file=request["source"])
        config = json.loads(booster.save_config())["learner"]
        objective = config["objective"]["name"]
        if objective.startswith("rank:") or objective.startswith("survival:"):
            raise Refused(f"the objective {objective} has no ONNX form that keeps its answers")
        is_classifier = objective.startswith(("binary:", "multi:"))
        self.model = (xgboost.XGBClassifier if is_classifier else xgboost.XGBRegressor)()
        self.model.load_model(request["source"])
        self.booster, self.features = booster, booster.num_features()
        self.classes = [str(name) for name in self.model.classes_] if is_classifier else None

    def thresholds(self):
        table = self.booster.trees_to_dataframe()
        splits = table[table.Feature != "Leaf"]
        names = self.booster.feature_names or []
        number = {name: index for index, name in enumerate(names)}
        return [(number[name] if name in number else int(name[1:]), float(split)) for name, split in zip(splits.Feature, splits.Split) if split == split]

    def to_onnx(self, name):
        from onnxmltools import convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        # Names of columns mean nothing to the converter, which wants f0, f1, ...
        self.booster.feature_names = None
        self.model.get_booster().feature_names = None
        return convert_xgboost(self.model, initial_types=[(name, FloatTensorType([None, self.features]))], target_opset=OPSET)

    def answer(self, rows, names):
        if self.classes is None:
            return {names[0]: np.asarray(self.model.predict(rows), np.float32).reshape(-1, 1)}
        probabilities = np.asarray(self.model.predict_proba(rows), np.float32)
        return {"label": np.asarray(self.model.predict(rows), np.int64), "probabilities": probabilities}

    def producer(self):
        return "onnxmltools", versions("onnxmltools").get("onnxmltools", "")


class LightGBM:
    input = "X"

    def __init__(self, request):
        import lightgbm

        self.booster = lightgbm.Booster(model_file=request["source"])
        self.features = self.booster.num_feature()
        with open(request["source"], encoding="utf-8", errors="replace") as file:
            found = re.search(r"^objective=(\S+)", file.read(1 << 20), re.M)
        objective = found.group(1) if found else "regression"
        if objective in ("lambdarank", "rank_xendcg", "cross_entropy", "multiclassova"):
            raise Refused(f"the objective {objective} has no ONNX form that keeps its answers")
        is_classifier = objective in ("binary", "multiclass", "softmax")
        count = max(2, self.booster.num_model_per_iteration()) if is_classifier else 0
        self.classes = [str(index) for index in range(count)] if is_classifier else None

    def thresholds(self):
        found = []

        def visit(node):
            if "split_feature" in node:
                if isinstance(node["threshold"], float):
                    found.append((node["split_feature"], node["threshold"]))
                visit(node["left_child"])
                visit(node["right_child"])

        for tree in self.booster.dump_model()["tree_info"]:
            visit(tree["tree_structure"])
        return found

    def to_onnx(self, name):
        from onnxmltools import convert_lightgbm
        from onnxmltools.convert.common.data_types import FloatTensorType

        return convert_lightgbm(self.booster, initial_types=[(name, FloatTensorType([None, self.features]))], target_opset=OPSET, zipmap=False)

    def answer(self, rows, names):
        raw = np.asarray(self.booster.predict(rows))
        if self.classes is None:
            return {names[0]: raw.astype(np.float32).reshape(-1, 1)}
        probabilities = np.stack([1 - raw, raw], axis=1) if raw.ndim == 1 else raw
        return {"label": probabilities.argmax(1).astype(np.int64), "probabilities": probabilities.astype(np.float32)}

    def producer(self):
        return "onnxmltools", versions("onnxmltools").get("onnxmltools", "")


class CatBoost:
    input = "features"

    def __init__(self, request):
        import catboost

        self.work = request["work"]
        raw = catboost.CatBoost().load_model(request["source"])
        if raw.get_cat_feature_indices() or raw.get_text_feature_indices():
            raise Refused("CatBoost writes no ONNX for models with categorical or text features")
        has_classes = len(getattr(raw, "classes_", [])) > 0
        self.model = (catboost.CatBoostClassifier if has_classes else catboost.CatBoostRegressor)().load_model(request["source"])
        self.features = len(self.model.feature_names_)
        self.classes = [str(name) for name in self.model.classes_] if has_classes else None

    def thresholds(self):
        borders = self.model.get_borders()
        return [(int(feature), float(border)) for feature, found in borders.items() for border in found]

    def to_onnx(self, name):
        import onnx

        path = os.path.join(self.work, "catboost.onnx")
        self.model.save_model(path, format="onnx", export_parameters={"onnx_graph_name": "catboost"})
        model = onnx.load(path)
        os.remove(path)
        for item in [*model.graph.input]:
            if item.name == self.input and name != self.input:
                raise Refused(f"CatBoost calls its input {self.input}; leave --input out")
        return cut_zipmaps(model, len(self.classes or []))

    def answer(self, rows, names):
        if self.classes is None:
            return {names[0]: np.asarray(self.model.predict(rows), np.float32).reshape(-1, 1)}
        labels = np.asarray(self.model.predict(rows)).reshape(-1)
        labels = labels.astype(np.int64) if labels.dtype.kind in "iufb" else labels.astype(object)
        return {"label": labels, "probabilities": np.asarray(self.model.predict_proba(rows), np.float32)}

    def producer(self):
        return "CatBoost", versions("catboost").get("catboost", "")


def cut_zipmaps(model, classes):
    """What goes into a ZipMap is the answer: its output becomes that matrix, under its name."""
    from onnx import TensorProto, helper

    nodes = []
    for node in model.graph.node:
        if node.op_type == "ZipMap":
            for output in model.graph.output:
                if output.name == node.output[0]:
                    output.CopyFrom(helper.make_tensor_value_info(output.name, TensorProto.FLOAT, ["batch", classes]))
            node = helper.make_node("Identity", node.input, node.output)
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    if not any(opset.domain == "" for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid("", OPSET))
    for opset in model.opset_import:
        if opset.domain == "ai.onnx.ml":
            opset.version = max(opset.version, 2 if OPSET_ML < 2 else OPSET_ML)
    return model


def drawer(thresholds, count):
    """Values on both sides of the splits; missing ones too, which trees know what to do with."""
    by_feature = {}
    for feature, threshold in thresholds:
        by_feature.setdefault(feature, []).append(threshold)

    def draw(kind, shape, generator):
        if kind == "zeros":
            return None
        values = generator.standard_normal(shape)
        for feature, found in by_feature.items():
            low, high = min(found), max(found)
            reach = (high - low or abs(low) or 1.0) * (10 if kind == "large" else 0.6)
            values[:, feature] = (low + high) / 2 + generator.uniform(-1, 1, shape[0]) * reach
        values = values.astype(np.float32)
        if kind == "edge":
            values[0, :] = np.nan
        return values

    return draw


def drop_ties(answered):
    kept = []
    for kind, inputs, outputs in answered:
        scores = outputs.get("probabilities")
        if scores is None or kind == "given":
            kept.append((kind, inputs, outputs))
            continue
        best = np.sort(scores.astype(float), axis=1)
        sure = best[:, -1] - best[:, -2] > 1e-4
        if sure.any():
            kept.append((kind, {k: v[sure] for k, v in inputs.items()}, {k: v[sure] for k, v in outputs.items()}))
    return kept or answered


if __name__ == "__main__":
    main(convert)
