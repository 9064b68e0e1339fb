import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel, readModelBytes } from '../../src/onnx/read-model.ts';
import { errorOf } from './codes.ts';
import { bytes, graph, int, model, msg, opset, str } from './proto.ts';

const zip = (name: string): Buffer => {
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), Buffer.alloc(40)]);
};
const at = (offset: number, text: string): Buffer =>
  Buffer.concat([Buffer.alloc(offset, 'a'), Buffer.from(text)]);
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('what people pass for an ONNX model', () => {
  it.each([
    ['a PyTorch archive', zip('model/data.pkl'), /torch\.onnx\.export/],
    ['a PyTorch archive', zip('archive_format'), /torch\.onnx\.export/],
    ['a Keras archive', zip('metadata.json'), /tf2onnx/],
    ['a zip archive', zip('model.onnx'), /Unpack/],
    ['gzip-compressed data', gzipSync('model'), /Decompress/],
    ['xz-compressed data', latin1('\xfd7zXZ\0rest'), /unxz/],
    ['zstd-compressed data', latin1('\x28\xb5\x2f\xfdrest'), /unzstd/],
    ['a tar archive', at(257, 'ustar'), /tar -xf/],
    ['a Python pickle (scikit-learn, joblib or PyTorch)', latin1('\x80\x04\x95rest'), /never unpickles/],
    ['a zlib-compressed joblib pickle', deflateSync('model'), /skl2onnx/],
    ['a TensorFlow SavedModel', bytes(int(1, 1), msg(2, msg(1, new Uint8Array(200)))), /tf2onnx/],
    ['an HDF5 file (Keras .h5)', latin1('\x89HDF\r\n\x1a\nrest'), /tf2onnx/],
    ['a TensorFlow Lite model', latin1('\x1c\0\0\0TFL3'), /tf2onnx/],
    ['an ORT-format model', latin1('\x1c\0\0\0ORTM'), /\.onnx file it was made from/],
    ['a safetensors file: weights without a graph', latin1('\x40\0\0\0\0\0\0\0{"w":'), /export the model/],
    ['a GGUF file', latin1('GGUF\x03'), /llama\.cpp/],
    ['an image', latin1('\x89PNG\r\n'), /not its input/],
    ['a NumPy file', latin1('\x93NUMPY\x01'), /not its data/],
    ['a CatBoost model', latin1('CBM1\0'), /format='onnx'/],
    ['a LightGBM text model', latin1('tree\nversion=v4\n'), /onnxmltools/],
    ['an XGBoost binary model', latin1('{L\0\0\0\0\0\0\0\x07learner'), /onnxmltools/],
    ['an XGBoost JSON model', latin1('{"learner":{}}'), /onnxmltools/],
    ['a JSON document', latin1('{ "a": 1 }'), /\.onnx file itself/],
    ['a text file', latin1('name: digits\nversion: 1\n'), /\.onnx file itself/],
  ])('%s', async (what, content, remedy) => {
    const error = await errorOf(() => readModelBytes(content, 'model.onnx'));
    expect(error.code).toBe('MODEL_OTHER_FORMAT');
    expect(error.message).toBe(`model.onnx is not an ONNX model: it looks like ${what}.`);
    expect(error.remedy).toMatch(remedy);
  });

  it.each([
    '<!DOCTYPE html><title>Sign in</title>',
    '\n  <html>',
    '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    '\ufeff<HTML>',
  ])('a web page: %j', async (page) => {
    const error = await errorOf(() => readModelBytes(Buffer.from(page), 'model.onnx'));
    expect(error.code).toBe('MODEL_WEB_PAGE');
  });

  it('a Git LFS pointer, with the size of what it stands for', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 2500000\n';
    const error = await errorOf(() => readModelBytes(Buffer.from(pointer), 'model.onnx'));
    expect(error.code).toBe('MODEL_LFS_POINTER');
    expect(error.message).toContain('2.5 MB');
    const broken = await errorOf(() => readModelBytes(Buffer.from(pointer.slice(0, 60)), 'model.onnx'));
    expect(broken.message).toContain('unknown size');
  });

  it('does not take an ONNX file of IR version 1 for a SavedModel', () => {
    const old = bytes(int(1, 1), str(2, 'producer'), graph(), opset('', 9));
    expect(readModelBytes(old, 'old.onnx').producer.name).toBe('producer');
    const long = bytes(int(1, 1), str(2, 'p'.repeat(300)), graph(), opset('', 9));
    expect(readModelBytes(long, 'old.onnx').irVersion).toBe(1);
  });

  it('cleans what it quotes of a page', async () => {
    const error = await errorOf(() => readModelBytes(Buffer.from('<html>\x1b[31mred'), 'model.onnx'));
    expect(error.message).toContain('\\u001b[31mred');
  });
});

describe('paths that cannot be read', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mdeploy-recognise-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('names a missing file', async () => {
    const error = await errorOf(() => readModel(join(folder, 'gone.onnx')));
    expect(error.code).toBe('FILE_UNREADABLE');
    expect(error.message).toContain('gone.onnx: it does not exist');
  });

  it('names a folder', async () => {
    const error = await errorOf(() => readModel(folder));
    expect(error.code).toBe('FILE_UNREADABLE');
    expect(error.message).toContain('it is a folder');
  });

  it('does not wait for a writer to a named pipe', async () => {
    const pipe = join(folder, 'pipe.onnx');
    execFileSync('mkfifo', [pipe]);
    const error = await errorOf(() => readModel(pipe));
    expect(error.message).toContain('it is not a regular file');
  });

  it('reads a good file whose name has another ending', async () => {
    const path = join(folder, 'model.bin');
    writeFileSync(path, model(graph()));
    expect((await readModel(path)).file).toBe(path);
  });
});
