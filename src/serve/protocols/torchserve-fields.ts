import { JsonCursor } from '../codecs/json-cursor.ts';
import { invalid, readParameters } from '../codecs/json-fields.ts';
import type { RawCall } from '../protocol.ts';

/** What a management call asks for, by TorchServe's names; what is not said is not there. */
export type Fields = ReadonlyMap<string, string>;

/**
 * Of the query, as TorchServe reads them, and of a JSON body, where some of its clients put them.
 * @throws MdeployError `BODY_MALFORMED`, `REQUEST_INVALID`
 */
export function fieldsOf({ query, body }: Pick<RawCall, 'query' | 'body'>): Fields {
  const fields = new Map<string, string>();
  if (body.length > 0) {
    const cursor = new JsonCursor(body);
    for (const [name, value] of readParameters(cursor, 'body')) fields.set(name, String(value));
    cursor.finish();
  }
  for (const [name, value] of query) fields.set(name, value);
  return fields;
}

/** @throws MdeployError `REQUEST_INVALID` when something is asked for that is not among `known` */
export function refuseUnknown(fields: Fields, known: readonly string[]): void {
  for (const name of fields.keys()) {
    if (known.includes(name)) continue;
    throw invalid(name, `There is no setting "${name}".`, `Send some of: ${known.join(', ')}.`);
  }
}

/** A whole number, below zero too; undefined when it is not said. @throws MdeployError `REQUEST_INVALID` */
export function whole(fields: Fields, name: string): number | undefined {
  const given = fields.get(name);
  if (given === undefined) return undefined;
  if (/^-?\d{1,10}$/.test(given)) return Number(given);
  throw invalid(name, `"${name}" is "${given}", which is not a whole number.`, 'Send a whole number.');
}

/** A whole number from `least` on; undefined when it is not said. @throws MdeployError `REQUEST_INVALID` */
export function count(fields: Fields, name: string, least = 0): number | undefined {
  const given = whole(fields, name);
  if (given === undefined || given >= least) return given;
  throw invalid(name, `"${name}" is ${given}, which is less than ${least}.`, `Send ${least} or more.`);
}

/** @throws MdeployError `REQUEST_INVALID` */
export function flag(fields: Fields, name: string): boolean {
  const given = fields.get(name)?.toLowerCase() ?? 'false';
  if (given === 'true' || given === 'false') return given === 'true';
  throw invalid(name, `"${name}" is "${given}", which is not true or false.`, 'Send true or false.');
}
