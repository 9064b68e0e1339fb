import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { removeTree } from '../../src/core/files.ts';
import { sha256 } from '../../src/core/hash.ts';
import { packageModel } from '../../src/package/package.ts';
import { readLock } from '../../src/repository/lock.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { convertedFolder } from '../repository/converted-folder.ts';
import { fakeAssets, newFolder } from './fakes.ts';

test('the record of a conversion travels with the model, under its digest', async () => {
  const work = await newFolder();
  onTestFinished(() => removeTree(work));
  const output = join(work, 'iris');
  const assets = await fakeAssets(join(work, 'assets'));
  const converted = await openModel(convertedFolder());
  await packageModel(converted, { output }, assets);
  const { files } = await readLock(output);
  const record = files.find(({ path }) => path === 'model/conversion.json');
  const text = await readFile(join(converted.root, 'conversion.json'));
  expect(record).toMatchObject({ layer: 'model', sha256: sha256(text), bytes: text.length });
  await writeFile(join(output, 'model/conversion.json'), '{}');
  await expect(openModel(output)).rejects.toMatchObject({ code: 'PACKAGE_FILE_CHANGED' });
});
