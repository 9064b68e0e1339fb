"""Structured pruning: whole channels go where one layer feeds one other alone, so that the graph really gets smaller."""

import numpy as np
from onnx import helper

# One value in, one value out, channel by channel.
KEEPS = {
    "Relu", "LeakyRelu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Elu", "Selu", "Softplus", "Gelu", "Erf",
    "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Dropout", "Identity",
}  # fmt: skip


def prune_channels(model, weights, share):
    """Removes the `share` of channels with the smallest weights of every chain; how many went, and of how many."""
    removed = total = 0
    outputs = {output.name for output in model.graph.output}
    for node in list(model.graph.node):
        chain = follow(node, weights, outputs)
        if chain is None:
            continue
        through, last, spread = chain
        axis = out_axis(node)
        array = weights.array(node.input[1])
        count = array.shape[axis]
        keep_count = max(1, count - int(count * share))
        size = np.abs(np.moveaxis(array, axis, 0).reshape(count, -1)).sum(1)
        keep = np.sort(np.argsort(-size, kind="stable")[:keep_count])
        if keep_count == count:
            continue
        cut(weights, node.input[1], axis, keep)
        for name in vectors(node, weights, count) + [name for step in through for name in vectors(step, weights, count)]:
            cut(weights, name, 0 if weights.array(name).ndim == 1 else channel_axis(weights.array(name), count), keep)
        for step in through:
            for item in step.attribute:
                if item.name == "group" and step.op_type == "Conv":
                    item.i = keep_count
        wide = (keep[:, None] * spread + np.arange(spread)[None, :]).reshape(-1)
        cut(weights, last.input[1], in_axis(last), wide)
        removed += count - keep_count
        total += count
    return removed, total


def follow(node, weights, outputs):
    """(steps between, the next layer, values per channel there), or None where channels of `node` cannot go."""
    if not is_layer(node, weights) or used_twice(node.input[1], weights):
        return None
    shape = weights.array(node.input[1]).shape
    count, is_conv = shape[out_axis(node)], node.op_type == "Conv"
    # Where the channels are, counted from the end: behind them lie the axes that a convolution slides along.
    spatial = len(shape) - 2 if is_conv else 0
    through, spread, current = [], 1, node
    while True:
        name = current.output[0]
        users = weights.consumers(name)
        if name in outputs or name in weights.captured or len(users) != 1:
            return None
        user = users[0]
        if list(user.input).count(name) != 1:
            return None
        if is_layer(user, weights) and user.input[0] == name:
            size = weights.array(user.input[1]).shape[in_axis(user)]
            if size % count or used_twice(user.input[1], weights) or (spread == 1 and size != count):
                return None
            if spread == 1 and is_conv != (user.op_type == "Conv"):
                return None
            return through, user, size // count
        if user.op_type == "Flatten":
            if any(item.name == "axis" and item.i != 1 for item in user.attribute):
                return None
            spread = 0
        elif not passes(user, weights, count, spatial):
            return None
        through.append(user)
        current = user


def passes(node, weights, count, spatial):
    if node.op_type in KEEPS:
        return node.op_type not in ("MaxPool", "Dropout") or len(node.output) == 1
    names = vectors(node, weights, count)
    if any(used_twice(name, weights) for name in names):
        return False
    if node.op_type == "BatchNormalization":
        return len(names) == 4 and len(node.output) == 1
    if node.op_type in ("Add", "Mul", "Sub", "Div"):
        arrays = [weights.array(name) for name in node.input if name in weights.tensors]
        if len(arrays) != 1:
            return False
        axis = arrays[0].ndim - 1 - spatial
        return arrays[0].size == 1 or (len(names) == 1 and axis >= 0 and arrays[0].shape[axis] == count)
    if node.op_type == "Conv":
        group = next((item.i for item in node.attribute if item.name == "group"), 1)
        shape = weights.array(node.input[1]).shape if node.input[1] in weights.tensors else ()
        return group == count and len(shape) > 1 and shape[0] == count and shape[1] == 1
    return False


def is_layer(node, weights):
    if len(node.input) < 2 or node.input[1] not in weights.floats():
        return False
    facts = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    if node.op_type == "Conv":
        return facts.get("group", 1) == 1
    if node.op_type == "Gemm":
        return not facts.get("transA", 0)
    return node.op_type == "MatMul" and len(weights.tensors[node.input[1]].dims) == 2


def out_axis(node):
    if node.op_type == "Conv":
        return 0
    return 0 if transposed(node) else 1


def in_axis(node):
    if node.op_type == "Conv":
        return 1
    return 1 if transposed(node) else 0


def transposed(node):
    return any(item.name == "transB" and item.i for item in node.attribute)


def vectors(node, weights, count):
    """Constants beside the weights that have one value for each channel."""
    names = node.input[2:] if node.op_type == "Gemm" else node.input[1:]
    if node.op_type == "Conv":
        group = next((item.i for item in node.attribute if item.name == "group"), 1)
        names = node.input[1:] if group == count and group > 1 else node.input[2:]
    if node.op_type == "MatMul":
        return []
    if node.op_type in ("Add", "Mul", "Sub", "Div"):
        names = node.input
    return [name for name in names if name in weights.tensors and channel_axis(weights.array(name), count) is not None]


def channel_axis(array, count):
    """The axis of a vector, or of a tensor that is one value wide everywhere else."""
    if array.ndim == 0 or array.size == 0 or count == 1:
        return None
    if array.ndim > 1 and array.shape[0] == count:
        return 0
    axes = [axis for axis, length in enumerate(array.shape) if length == count]
    return axes[0] if len(axes) == 1 and array.size == count else None


def used_twice(name, weights):
    return name in weights.captured or len(weights.consumers(name)) > 1


def cut(weights, name, axis, keep):
    weights.put(name, np.take(weights.array(name), keep, axis=axis))
