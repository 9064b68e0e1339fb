import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packageModel } from '../../src/package/package.ts';
import { packageDocument, packageText, planDocument, planText } from '../../src/package/text.ts';
import { fakeAssets, fakeModel, newFolder } from './fakes.ts';

let work: string;

beforeEach(async () => {
  work = await newFolder();
});

afterEach(() => rm(work, { recursive: true, force: true }));

test('says what was written, how large each layer is, and what to do next', async () => {
  const model = await fakeModel(join(work, 'model'));
  const made = await packageModel(model, { output: join(work, 'p') }, await fakeAssets(join(work, 'assets')));
  const text = packageText(made, false);
  expect(text).toMatch(new RegExp(`^Wrote ${join(work, 'p')}: iris 3 for linux/amd64\n`));
  expect(text).toMatch(/\n {2}model {7}3 files {7}11 B\n/);
  expect(text).toMatch(/lock sha256: [0-9a-f]{64}\nNext: mdeploy build-image /);
  expect(packageText(made, true)).toContain('model/samples/0.in.json');
  expect(packageDocument(made)).toMatchObject({
    name: 'iris',
    version: '3',
    output: join(work, 'p'),
    lock_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    layers: expect.arrayContaining([{ layer: 'model', files: 3, bytes: 11 }]),
  });
  const { plan } = made;
  expect(planText(plan, { archive: 'x.tgz' }, true)).toMatch(
    /^Would write x\.tgz: .*\n(?:.*\n)*.*rendered: Dockerfile, README\.md, model\/model\.yaml\n/,
  );
  expect(planDocument(plan, {})).toMatchObject({
    dry_run: true,
    files: expect.arrayContaining([
      { path: 'model/model.onnx', layer: 'model', bytes: 7, rendered: false },
      expect.objectContaining({ path: 'Dockerfile', rendered: true }),
    ]),
  });
  expect(JSON.stringify(planDocument(plan, {}))).not.toContain(work);
});
