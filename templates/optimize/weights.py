"""The constant weights of a graph: found, changed, packed, counted."""

import numpy as np
from onnx import helper, numpy_helper

PRODUCTS = ("Conv", "ConvTranspose", "MatMul", "Gemm")
RECURRENT = ("LSTM", "GRU", "RNN")


class Weights:
    def __init__(self, model):
        self.model = model
        self.graph = model.graph
        self.index()

    def index(self):
        self.tensors = {tensor.name: tensor for tensor in self.graph.initializer}
        # What sub-graphs take from outside is used more often than the nodes here show.
        self.captured = set(captured(self.graph.node))

    def take_constants(self):
        """Constant nodes of tensors become initializers: some exporters write every weight as one."""
        kept = []
        for node in self.graph.node:
            value = next((item.t for item in node.attribute if item.name == "value"), None)
            if node.op_type != "Constant" or value is None or node.output[0] in self.tensors:
                kept.append(node)
                continue
            tensor = self.graph.initializer.add()
            tensor.CopyFrom(value)
            tensor.name = node.output[0]
        del self.graph.node[:]
        self.graph.node.extend(kept)
        self.index()

    def array(self, name):
        return numpy_helper.to_array(self.tensors[name])

    def put(self, name, array):
        self.tensors[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array), name))

    def floats(self):
        return [name for name, tensor in self.tensors.items() if tensor.data_type == 1]

    def has_constant(self, node):
        return any(name in self.tensors for name in node.input[1:])

    def of_products(self):
        """Names of FP32 weights of convolutions, matrix products and recurrent layers; biases are not among them."""
        names = [node.input[1] for node in self.graph.node if node.op_type in PRODUCTS and len(node.input) > 1]
        names += [name for node in self.graph.node if node.op_type in RECURRENT for name in node.input[1:3]]
        floats = set(self.floats())
        return list(dict.fromkeys(name for name in names if name in floats))

    def count(self):
        return int(sum(np.prod(tensor.dims) for tensor in self.tensors.values()))

    def sparsity(self):
        """True zeros among the weights of products, and among all parameters."""
        arrays = [self.array(name) for name in self.of_products()]
        zeros = sum(int((array == 0).sum()) for array in arrays)
        return {
            "sparsity_of_products": zeros / max(1, sum(array.size for array in arrays)),
            "sparsity": zeros / max(1, self.count()),
        }

    def consumers(self, name):
        return [node for node in self.graph.node if name in node.input]

    def drop_unused(self):
        used = {name for node in self.graph.node for name in node.input}
        used |= {output.name for output in self.graph.output}
        kept = [tensor for tensor in self.graph.initializer if tensor.name in used]
        del self.graph.initializer[:]
        self.graph.initializer.extend(kept)
        self.index()

    def pack4(self, node, block=32):
        """Turns a matrix product into one with weights of four bits, each 32 of a column with a scale (MatMulNBits)."""
        matrix, bias = self._matrix(node)
        if matrix is None or matrix.size < 1024:
            return False
        rows, columns = matrix.shape
        blocks = -(-rows // block)
        padded = np.zeros((blocks * block, columns), np.float32)
        padded[:rows] = matrix
        parts = padded.T.reshape(columns, blocks, block)
        # The value furthest from zero becomes -8, the one end of four bits that has no twin.
        extreme = np.take_along_axis(parts, np.abs(parts).argmax(2)[..., None], 2)[..., 0]
        scales = (extreme / -8).astype(np.float32)
        steps = np.divide(parts, scales[..., None], out=np.zeros_like(parts), where=scales[..., None] != 0)
        levels = np.clip(np.rint(steps) + 8, 0, 15).astype(np.uint8)
        packed = levels[..., 0::2] | (levels[..., 1::2] << 4)
        name = node.input[1]
        self._add(f"{name}_q4", packed)
        self._add(f"{name}_q4_scales", scales.reshape(-1))
        output = node.output[0] if bias is None else f"{node.output[0]}_q4"
        product = helper.make_node(
            "MatMulNBits", [node.input[0], f"{name}_q4", f"{name}_q4_scales"], [output], name=node.name,
            domain="com.microsoft", K=rows, N=columns, bits=4, block_size=block,
        )  # fmt: skip
        made = [product]
        if bias is not None:
            made.append(helper.make_node("Add", [output, bias], [node.output[0]], name=f"{node.name}_bias"))
        at = list(self.graph.node).index(node)
        nodes = [*self.graph.node[:at], *made, *self.graph.node[at + 1 :]]
        del self.graph.node[:]
        self.graph.node.extend(nodes)
        if not any(opset.domain == "com.microsoft" for opset in self.model.opset_import):
            self.model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
        return True

    def _matrix(self, node):
        """[K, N] and the bias of a product that packing can replace."""
        if node.op_type not in ("MatMul", "Gemm") or node.input[1] not in self.floats():
            return None, None
        array = self.array(node.input[1])
        if array.ndim != 2:
            return None, None
        if node.op_type == "MatMul":
            return array, None
        facts = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        if facts.get("transA", 0) or facts.get("alpha", 1.0) != 1.0 or facts.get("beta", 1.0) != 1.0:
            return None, None
        bias = node.input[2] if len(node.input) > 2 and node.input[2] else None
        return (array.T if facts.get("transB", 0) else array), bias

    def _add(self, name, array):
        tensor = self.graph.initializer.add()
        tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(array), name))
        self.tensors[name] = tensor


def captured(nodes):
    for node in nodes:
        for item in node.attribute:
            for graph in [*([item.g] if item.HasField("g") else []), *item.graphs]:
                for inner in graph.node:
                    yield from inner.input
                yield from captured(graph.node)
