// What people write by hand in an afternoon: node:http, JSON.parse, onnxruntime-node. The yardstick of bench/run.ts.
// PORT and MODEL_PATH come from the environment; WORKERS > 1 forks processes that share the port.
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const workers = Number(process.env.WORKERS ?? 1);
if (workers > 1 && cluster.isPrimary) {
  for (let worker = 0; worker < workers; worker++) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit(0);
  });
} else {
  const session = await InferenceSession.create(process.env.MODEL_PATH, {
    logSeverityLevel: 3,
    ...(workers > 1 && { intraOpNumThreads: 1 }),
  });
  const [input] = session.inputNames;
  createServer(async (request, response) => {
    if (request.method === 'GET') return void response.end('ok');
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { instances } = JSON.parse(Buffer.concat(chunks).toString());
    const tensor = new Tensor('float32', Float32Array.from(instances.flat(Infinity)), shapeOf(instances));
    const results = await session.run({ [input]: tensor });
    const outputs = {};
    for (const name of session.outputNames) outputs[name] = nested(results[name]);
    const body = JSON.stringify({ outputs });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  }).listen(Number(process.env.PORT), '127.0.0.1');
}

function shapeOf(value) {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

function nested({ data, dims }) {
  const flat = Array.from(data, Number);
  const [rows = 1, ...rest] = dims;
  const width = rest.reduce((product, dim) => product * dim, 1);
  if (dims.length < 2) return flat;
  return Array.from({ length: rows }, (_, row) => flat.slice(row * width, (row + 1) * width));
}
