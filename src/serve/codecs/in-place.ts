/**
 * Some kernels add up floats in another order when these do not start at a multiple of 16 bytes; then the last bits of an
 * answer would depend on where in a body a tensor lies. Memory that is allocated starts at such a multiple.
 */
const floatAlignment = 16;

/**
 * Whether elements of `size` bytes can be used where they lie. Not so when little of the memory is theirs: a view keeps
 * all of it alive and, on its way to a worker, is cloned with all of it.
 */
export function canStay(bytes: Uint8Array, size: number, isFloat = false): boolean {
  const isMost = bytes.byteLength * 2 >= bytes.buffer.byteLength;
  return isMost && bytes.byteOffset % (isFloat ? floatAlignment : size) === 0;
}
