// Models that hurt whoever loads them, written as protobuf by hand (onnx.proto3 field numbers).

/** A chain of model-local functions, each calling the one before: recursion in the runtime, SIGSEGV at depth 3,000. */
export function functionChain(depth: number): Buffer {
  const functions = Array.from({ length: depth }, (_, i) => {
    const inner = i === 0 ? node('Identity', ['x'], ['y']) : node(`f${i - 1}`, ['x'], ['y'], [], 'local');
    return bytes(
      25,
      join(
        text(1, `f${i}`),
        text(4, 'x'),
        text(5, 'y'),
        bytes(7, inner),
        opset('', 17),
        opset('local', 1),
        text(10, 'local'),
      ),
    );
  });
  const graph = graphOf(
    [node(`f${depth - 1}`, ['x'], ['y'], [], 'local')],
    [value('x', [1])],
    [value('y', [1])],
  );
  return join(model(graph), bytes(8, join(text(1, 'local'), int(2, 1))), ...functions);
}

/** Under 200 bytes that ask for 4 · elements bytes while loading, by constant folding. */
export function constantBomb(elements: number): Buffer {
  const nodes = [
    node('ConstantOfShape', ['shape'], ['big']),
    node('ReduceMax', ['big'], ['top'], [attribute('keepdims', 2, int(3, 0))]),
    node('Add', ['x', 'top'], ['y']),
  ];
  const shape = join(int(1, 1), int(2, 7), int(7, elements), text(8, 'shape'));
  return model(graphOf(nodes, [value('x', [1])], [value('y', [1])], [shape]));
}

/** The same appetite at run time only: the length comes from an input. */
export function appetiteAtRun(elements: number): Buffer {
  const nodes = [
    node('Mul', ['n', 'factor'], ['shape']),
    node('ConstantOfShape', ['shape'], ['big']),
    node('ReduceMax', ['big'], ['y'], [attribute('keepdims', 2, int(3, 0))]),
  ];
  const factor = join(int(1, 1), int(2, 7), int(7, elements), text(8, 'factor'));
  return model(graphOf(nodes, [value('n', [1], 7)], [value('y', [])], [factor]));
}

/** A Loop whose condition stays true. */
export function endlessLoop(): Buffer {
  const body = graphOf(
    [node('Identity', ['go'], ['go_on']), node('Add', ['v', 'v'], ['v_out'])],
    [value('i', [], 7), value('go', [], 9), value('v', [1])],
    [value('go_on', [], 9), value('v_out', [1])],
  );
  const always = join(int(2, 9), int(5, 1), text(8, 'always'));
  const loop = node('Loop', ['', 'always', 'x'], ['y'], [attribute('body', 5, bytes(6, body))]);
  return model(graphOf([loop], [value('x', [1])], [value('y', [1])], [always]));
}

/** A graph of one node `y = op(x)`, both FP32[length]. */
export function oneNode(op: string, domain = '', length = 1): Buffer {
  return model(graphOf([node(op, ['x'], ['y'], [], domain)], [value('x', [length])], [value('y', [length])]));
}

function model(graph: Buffer): Buffer {
  return join(int(1, 8), bytes(7, graph), opsetField(8, '', 17));
}

function graphOf(nodes: Buffer[], inputs: Buffer[], outputs: Buffer[], initializers: Buffer[] = []): Buffer {
  return join(
    ...nodes.map((each) => bytes(1, each)),
    text(2, 'g'),
    ...initializers.map((each) => bytes(5, each)),
    ...inputs.map((each) => bytes(11, each)),
    ...outputs.map((each) => bytes(12, each)),
  );
}

function node(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Buffer[] = [],
  domain = '',
): Buffer {
  return join(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...attributes.map((each) => bytes(5, each)),
    ...(domain === '' ? [] : [text(7, domain)]),
  );
}

function attribute(name: string, type: number, content: Buffer): Buffer {
  return join(text(1, name), content, int(20, type));
}

function value(name: string, dims: number[], elementType = 1): Buffer {
  const shape = join(...dims.map((dim) => bytes(1, int(1, dim))));
  return join(text(1, name), bytes(2, bytes(1, join(int(1, elementType), bytes(2, shape)))));
}

function opset(domain: string, version: number): Buffer {
  return opsetField(9, domain, version);
}

function opsetField(field: number, domain: string, version: number): Buffer {
  return bytes(field, join(...(domain === '' ? [] : [text(1, domain)]), int(2, version)));
}

function int(field: number, content: number): Buffer {
  return join(varint(field << 3), varint(content));
}

function text(field: number, content: string): Buffer {
  return bytes(field, Buffer.from(content));
}

function bytes(field: number, content: Buffer): Buffer {
  return join(varint((field << 3) | 2), varint(content.length), content);
}

function varint(content: number): Buffer {
  const groups: number[] = [];
  let rest = content;
  do {
    groups.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(groups);
}

function join(...parts: Buffer[]): Buffer {
  return Buffer.concat(parts);
}
