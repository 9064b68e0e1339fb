import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/errors/error.ts';
import type { ModelFacts } from '../../../src/serve/protocol.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { replyText } from '../catalogue.ts';
import { both, half, refused, send } from './tfs-call.ts';

describe('errors read as from TF Serving', () => {
  const element = "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: ";
  const cases: [body: string, text: string, model?: ModelFacts][] = [
    ['', 'JSON Parse error: The document is empty'],
    ['{"instances":[1,2', 'JSON Parse error: Missing a comma or ] after an array element. at offset: 17'],
    ['{"instances" [1]}', 'JSON Parse error: Missing a colon after a name of object member. at offset: 13'],
    ['[1]', 'JSON Value: [1] Is not object'],
    ['{}', "Missing 'inputs' or 'instances' key"],
    [
      '{"inputs":1,"instances":[1]}',
      `JSON Value: {"inputs":1,"instances":[1]} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist `,
    ],
    ['{"instances":3}', `JSON Value: {"instances":3} Expecting 'instances' to be an list/array`],
    ['{"instances":[]}', `JSON Value: {"instances":[]} No values in 'instances' array`],
    [
      '{"signature_name":1}',
      `JSON Value: {"signature_name":1} not formatted correctly. 'signature_name' key must be a string value.`,
    ],
    ['{"signature_name":"s"}', 'Serving signature name: "s" not found in signature def'],
    ['{"inputs":["a"]}', 'JSON Value: "a" Type: String is not of expected type: float'],
    ['{"inputs":[null]}', 'JSON Value: null Type: Null is not of expected type: float'],
    ['{"inputs":[{"q":1}]}', 'JSON Value: {"q":1} Type: Object is not of expected type: float'],
    ['{"inputs":[1e39]}', 'Cannot convert JSON value: 1e39 to float without loss of precision.'],
    ['{"inputs":[[1,2],[3]]}', 'Encountered list at unexpected size: 1 at level: 1 expected size: 2'],
    ['{"inputs":[1,[2]]}', 'Encountered list at unexpected level: 1 expected < 1'],
    ['{"inputs":[[1],2]}', 'JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2'],
    ['{"inputs":{}}', "Missing named input: x in 'inputs' object."],
    ['{"instances":[1,true]}', `${element}JSON Value: true Type: True is not of expected type: float`],
    ['{"instances":[[1,2],[3]]}', `${element}Expecting tensor size: 2 but got: 1`],
    ['{"instances":[1,{"x":1}]}', 'Expecting value/list but got object at item 1 of input list'],
    ['{"instances":[[1],{"x":1}]}', 'Expecting value/list but got object at item 1 of input list'],
    ['{"instances":[{"x":1},[1]]}', 'Expecting object but got list at item 1 of input list'],
    [
      '{"instances":[{"x":1},{"k":1}]}',
      "Failed to process element: 1 key: k of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: k",
    ],
    [
      '{"instances":[{"x":"s"}]}',
      `Failed to process element: 0 key: x of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: "s" Type: String is not of expected type: float`,
    ],
    [
      '{"instances":[{"a":1}]}',
      `Failed to process element: 0 of 'instances' list. JSON object: {"a":1} keys must be equal to: a,b`,
      both,
    ],
    [
      '{"instances":[1]}',
      'instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map',
      both,
    ],
    [
      '{"inputs":[1]}',
      'inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map',
      both,
    ],
    ['{"inputs":{"a":[1.0],"b":[]}}', 'JSON Value: 1.0 Type: Number is not of expected type: int32', both],
    ['{"inputs":{"a":[1],"b":[{"b64":"*"}]}}', 'Unable to base64 decode', both],
    [
      '{"inputs":{"a":[1],"b":[{"c":"*"}]}}',
      'JSON Value: {"c":"*"} not formatted correctly for base64 data',
      both,
    ],
    ['{"inputs":{"a":[1],"b":[7]}}', 'JSON Value: 7 Type: Number is not of expected type: string', both],
  ];

  test.each(cases)('%s → %s', (body, text, model = half) => {
    expect(refused('POST', '/v1/models/iris:predict', body, [model])).toEqual([400, text]);
  });

  test('duplicate inputs are refused, which TF Serving does not notice', () => {
    for (const body of [
      '{"inputs":1,"inputs":2}',
      '{"inputs":{"x":1,"x":2}}',
      '{"instances":[{"x":1,"x":2}]}',
    ])
      expect(refused('POST', '/v1/models/iris:predict', body)[1]).toContain('is given twice');
  });

  test.each([
    ['POST', '/v1/bogus', 'Malformed request: POST /v1/bogus'],
    ['POST', '/v1/models/iris', 'Malformed request: POST /v1/models/iris'],
    ['GET', '/v1/models/iris:predict', 'Malformed request: GET /v1/models/iris:predict'],
    ['GET', '/v1/models', 'Missing model name in request.'],
  ])('%s %s', (method, path, text) => {
    expect(refused(method, path)).toEqual([400, text]);
  });

  test('classify and regress of a model that does neither', () => {
    for (const method of ['classify', 'regress']) {
      for (const target of ['', '/versions/1']) {
        const [status, text] = refused('POST', `/v1/models/iris${target}:${method}`, '{"examples":[{}]}');
        expect(status).toBe(400);
        expect(text).toContain(`Model "iris" cannot be asked to ${method}: it has no output of floats`);
      }
    }
  });

  test('the body is an object with one text, indented by four', () => {
    const { reply } = send('POST', '/v1/models/iris:predict', '{}');
    expect(replyText(reply!)).toBe(`{\n    "error": "Missing 'inputs' or 'instances' key"\n}\n`);
  });

  test('what only we say carries the remedy', () => {
    const error = failure('INPUT_SHAPE', { name: 'x', received: '[1,3]', expected: '[batch,4]', hint: '' });
    const reply = tfs.encodeError(error, { id: 'r', method: 'POST', path: '/v1/models/iris:predict' });
    expect(JSON.parse(replyText(reply))).toEqual({
      error: 'Input "x" has shape [1,3], the model expects [batch,4]. Send "x" with shape [batch,4].',
    });
  });
});
