// `npm run proto`: src/serve/proto/*.proto → message tables (*.gen.ts) and what reflection tells about them
// (descriptors.gen.ts).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generated, protoFolder } from './proto/generate.ts';

for (const [file, text] of generated()) writeFileSync(join(protoFolder, file), text);
