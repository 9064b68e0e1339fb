import { describe, expect, it } from 'vitest';
import { plainWords, refusal } from '../../src/runtime/refusal.ts';

describe('plainWords', () => {
  it.each([
    [
      'Load model from /tmp/a b/model.onnx failed:/onnxruntime_src/core/graph/model.cc:202 onnxruntime::Model::Model(onnx::ModelProto&&, const std::vector<int>&, const onnxruntime::logging::Logger&) Unsupported model IR version: 99, max supported IR version: 13\n',
      'Unsupported model IR version: 99, max supported IR version: 13',
    ],
    [
      'Load model from m.onnx failed:/o/model_load_utils.h:46 void onnxruntime::model_load_utils::ValidateOpsetForDomain(const std::unordered_map<std::__cxx11::basic_string<char>, int>&, bool, int) Opset 99 is under development.',
      'Opset 99 is under development.',
    ],
    [
      "Name:'' Status Message: /o/bfc_arena.cc:359 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory",
      "Name:'' Status Message: Failed to allocate memory",
    ],
    [
      'Error: tensorprotoutils.cc:461 ValidateExternalDataPathFromDir External data path does not exist: "/tmp/models/secret/model.onnx.data"',
      'Error: External data path does not exist: "model.onnx.data"',
    ],
    [
      "running Conv node. Name:'/conv1/inner/Conv' in tensor(float)",
      "running Conv node. Name:'/conv1/inner/Conv' in tensor(float)",
    ],
  ])('%s', (words, plain) => {
    expect(plainWords(words)).toBe(plain);
  });

  it('stays quick on words made to be slow', () => {
    const start = performance.now();
    plainWords(`x.cc:1 ${'a::b '.repeat(800)}(${'('.repeat(2000)}`);
    plainWords(`/tmp${'/a'.repeat(2000)} ${'/'.repeat(2000)}`);
    expect(performance.now() - start).toBeLessThan(200);
  });
});

describe('refusal', () => {
  it.each([
    ['Failed to construct locale with name:en_US.UTF-8', 'en_US.UTF-8'],
    ['Unsupported model IR version: 99', 'older onnx package'],
    ['Opset 99 is under development', 'opset from 7 to 26'],
    ['Could not find an implementation for Add(14) node', 'opset from 7 to 26'],
    ['Fatal error: ai.acme:Zork(-1) is not a registered function/op', 'standard operators'],
    ["No opset import for domain 'com.acme'", 'standard operators'],
    ['External data path does not exist', 'beside the model'],
    ['Failed to allocate memory for requested buffer of size 1', 'huge shape'],
    ['Protobuf parsing failed.', 'cut off'],
    ['anything else', 'mdeploy inspect'],
  ])('%s has its own remedy', (words, remedy) => {
    const error = refusal('iris', new Error(words));
    expect(error).toMatchObject({ code: 'MODEL_REFUSED', exit: 1, http: 500 });
    expect(error.message).toBe(`The runtime refuses model "iris": ${words}`);
    expect(error.remedy).toContain(remedy);
  });
});
