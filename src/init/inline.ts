import { Document, isCollection } from 'yaml';

/** One line of flow YAML. */
export function inline(value: unknown): string {
  const document = new Document(value, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
  if (isCollection(document.contents)) document.contents.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: false, blockQuote: false }).trimEnd();
}
