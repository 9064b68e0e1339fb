import { expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { protocols } from '../../../src/serve/protocols.ts';
import { catalogueOf, modelFacts, rawCall } from '../catalogue.ts';

// Several megabytes of a body: what is done for a key must be little, and what is kept of them bounded.
const keys = Array.from({ length: 300_000 }, (_, index) => `"k${index}":1`).join(',');
const input = '"name":"X","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]';
const rows = '"instances":[[1,2,3,4]]';
const tooMany = /^"[\w.[\]]*parameters" has more than 1024 keys\.$/;

test.each([
  ['plain', '/predict', `{${keys}}`, /no input named "k0"/],
  ['tfs', ':predict', `{${rows},${keys}}`, undefined],
  ['tfs', ':classify', `{"examples":[{${keys}}]}`, /^More than 65536 features in examples\[0\]$/],
  ['v2', '/infer', `{${keys},"inputs":[{${input}}]}`, undefined],
  ['v2', '/infer', `{"inputs":[{${keys},${input}}]}`, undefined],
  ['v2', '/infer', `{"parameters":{${keys}},"inputs":[{${input}}]}`, tooMany],
  ['v2', '/infer', `{"inputs":[{"parameters":{${keys}},${input}}]}`, tooMany],
  ['mlflow', '/invocations', `{${rows},${keys}}`, undefined],
  ['mlflow', '/invocations', `{"dataframe_records":[{${keys}}]}`, /columns, more than 65536/],
  ['vertex', ':predict', `{"parameters":{${keys}},${rows}}`, tooMany],
])('%s %s: 300,000 keys in %.50s… take little time', async (name, ending, text, words) => {
  const { routes } = await protocols.load(name);
  const route = routes.find(({ path }) => path.endsWith(ending));
  if (route?.kind !== 'infer') throw new Error('no such route');
  const call = rawCall(route.path, text, { params: { name: 'iris' } });
  // Of this thread, so that a busy machine does not count.
  const begun = process.threadCpuUsage();
  const message = await messageOf(() => route.decode(call, catalogueOf(modelFacts())));
  const { user, system } = process.threadCpuUsage(begun);
  if (words) expect(message).toMatch(words);
  else expect(message).toBeUndefined();
  expect((user + system) / 1000).toBeLessThan(250);
});

async function messageOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof MdeployError) return error.message;
    throw error;
  }
}
