import { isUtf8 } from 'node:buffer';
import { failure } from '../core/errors/error.ts';
import type { BytesElement, Tensor } from '../core/tensor.ts';

/**
 * Proves that every element of a BYTES tensor is text the runtime takes as it is: its strings are UTF-8 and end at the
 * first NUL, so that anything else would reach the model as another text, without a word.
 * @throws MdeployError `INPUT_VALUE`
 */
export function proveTexts({ name, data }: Tensor): void {
  const elements = data as readonly BytesElement[];
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index]!;
    if (typeof element === 'string' ? isText(element) : isUtf8(element) && !element.includes(0)) continue;
    const facts = { expected, received: show(element) };
    throw failure(
      'INPUT_VALUE',
      { name, where: `[${index}]`, ...facts },
      { field: `${name}[${index}]`, ...facts },
    );
  }
}

// Binary values are for steps in front of the model, which take them before this.
const expected = 'UTF-8 text without NUL (ONNX Runtime takes no other strings from Node.js)';

function isText(element: string): boolean {
  return element.isWellFormed() && !element.includes('\0');
}

function show(element: BytesElement): string {
  const shown = element.slice(0, 24);
  const text = typeof shown === 'string' ? JSON.stringify(shown) : `0x${Buffer.from(shown).toString('hex')}`;
  return element.length > 24 ? `${text}…` : text;
}
