/**
 * What a model file may ask of the reader. Real models stay far below; a hostile file is refused before it costs
 * noticeable time or memory.
 */
export const limits = {
  /** Bytes: protobuf's own limit for one message. */
  fileBytes: 2 ** 31 - 1,
  /** Messages inside messages; a sub-graph costs three. */
  nesting: 64,
  /** Fields looked at one by one; runs of equal scalar fields (tree ensembles) are skipped for free. */
  fields: 20_000_000,
  nodes: 2_000_000,
  /** Bytes of one name. */
  nameBytes: 64 * 1024,
  /** Bytes of one metadata value or doc string. */
  textBytes: 8 * 1024 ** 2,
  /** Bytes of everything kept from the file, plus an allowance per item. */
  keptBytes: 24 * 1024 ** 2,
  /** Deeper chains of model-local functions overflow the runtime's stack while it inlines them. */
  functionDepth: 64,
  /** Nodes after inlining every function call. */
  inlinedNodes: 5_000_000,
} as const;
