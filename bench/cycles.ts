// Loads, runs and releases a model 1,000 times in this process; prints RSS (MB) after 100 and after all, and milliseconds a time.

import { openOnnxSession } from '../src/runtime/runtimes/onnx.ts';
import { zeroFeeds } from '../src/runtime/zeros.ts';

const path = process.argv[2]!;
const source = { name: 'cycles', path, intraOpThreads: 1 } as const;
let first = 0;
const begun = performance.now();
for (let cycle = 1; cycle <= 1000; cycle++) {
  const session = await openOnnxSession(source);
  const { inputs, outputs } = session.signature;
  await session.run(
    zeroFeeds(inputs),
    outputs.map(({ name }) => name),
  );
  await session.close();
  if (cycle === 100) first = settled();
}
const ms = (performance.now() - begun) / 1000;
process.stdout.write(`${first} ${settled()} ${ms}\n`);

function settled(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss / 1e6;
}
