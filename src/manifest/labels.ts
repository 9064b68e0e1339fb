import { failure } from '../core/errors/error.ts';
import { textProblem } from '../core/names.ts';

const maxLabels = 100_000;
const maxLabelLength = 256;

/**
 * Reads the text of a label file: a JSON list of names, or one name per line (the last line may end or not; a byte
 * order mark and Windows line ends are dropped; an empty line inside is an empty name).
 * @throws MdeployError `LABELS_INVALID` with the line
 */
export function parseLabels(text: string, file: string): readonly string[] {
  const clean = text.replace(/^\ufeff/, '');
  const labels = clean.trimStart().startsWith('[') ? fromJson(clean, file) : fromLines(clean);
  if (labels.length === 0) throw failure('LABELS_INVALID', { problem: 'it is empty' }, { at: { file } });
  if (labels.length > maxLabels)
    throw failure('LABELS_INVALID', { problem: `it has more than ${maxLabels} names` }, { at: { file } });
  for (const [index, label] of labels.entries()) {
    const problem = textProblem(label, maxLabelLength);
    if (problem !== undefined)
      throw failure(
        'LABELS_INVALID',
        { problem: `name ${index + 1}: ${problem}` },
        { at: { file, line: index + 1 } },
      );
  }
  return labels;
}

function fromLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function fromJson(text: string, file: string): string[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    // A plain list may start with a name such as "[PAD]".
    if (!text.trimStart().startsWith('["') && text.includes('\n')) return fromLines(text);
    throw failure(
      'LABELS_INVALID',
      { problem: 'it starts like a JSON list but is none' },
      { at: { file }, cause },
    );
  }
  const isName = (name: unknown) => typeof name === 'string' || Number.isSafeInteger(name);
  if (!Array.isArray(list) || !list.every(isName))
    throw failure('LABELS_INVALID', { problem: 'the JSON is not a list of texts' }, { at: { file } });
  return list.map(String);
}
