import { type Dialect, dialects, row } from './dialects.ts';
import { type RestEntry, request } from './entries.ts';

/** JSON that is right and does not fit the model, in every dialect. */
export function tensorFaults(): RestEntry[] {
  return dialects.flatMap((dialect) => {
    const { named } = dialect;
    return [
      ...Object.entries(rows).map(([name, text]) => entry(dialect, name, dialect.wrap(text))),
      ...(named ? Object.entries(names).map(([name, text]) => entry(dialect, name, named(text))) : []),
    ].filter((each) => each !== undefined);
  });
}

function entry(dialect: Dialect, name: string, body: string): RestEntry | undefined {
  if (dialect.takes?.includes(name)) return undefined;
  const { server, path, headers = {}, text } = dialect;
  const bytes = () => request(path, body, { headers });
  return { group: `tensors, ${dialect.name}`, name, server, bytes, status: 400, text };
}

const rows: Readonly<Record<string, string>> = {
  'a row too short': '[[5.1,3.5,1.4]]',
  'a row too long': '[[5.1,3.5,1.4,0.2,9]]',
  'rows of unequal length': `[${row},[1,2,3]]`,
  'a row that is empty': `[${row},[]]`,
  'no rows': '[]',
  'only empty rows': '[[],[]]',
  'one axis less': row,
  'one axis more': `[[${row},${row}]]`,
  'rows and numbers': `[${row},1]`,
  'numbers and rows': `[1,${row}]`,
  'a list in a row': '[[5.1,3.5,1.4,[0.2]]]',
  'numbers as text': '[["5.1","3.5","1.4","0.2"]]',
  'one number as text': '[[5.1,"3.5",1.4,0.2]]',
  'a text': '["5.1,3.5,1.4,0.2"]',
  booleans: '[[true,false,true,false]]',
  null: '[[5.1,null,1.4,0.2]]',
  'a row that is null': '[null]',
  'an object in a row': '[[5.1,{"a":1},1.4,0.2]]',
  'an object with base64 in a row': '[[5.1,{"b64":"AAAA"},1.4,0.2]]',
  'beyond the range': '[[5.1,3.5,1e39,0.2]]',
  'beyond the range below': '[[5.1,3.5,-1e39,0.2]]',
  'beyond every range': '[[5.1,3.5,1e999,0.2]]',
  '400 digits': `[[5.1,3.5,${'9'.repeat(400)},0.2]]`,
};

/** Named inputs of a model whose only input is `X`. */
const names: Readonly<Record<string, string>> = {
  'an input that is not there': `{"Y":${row}}`,
  'one input too many': `{"X":${row},"Y":${row}}`,
  'the same input twice': `{"X":${row},"X":${row}}`,
  'another case': `{"x":${row}}`,
  'an empty name': `{"":${row}}`,
  'a name that objects have': `{"constructor":${row}}`,
  __proto__: `{"__proto__":${row}}`,
  'an object for a tensor': '{"X":{"a":1}}',
};
