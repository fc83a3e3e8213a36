/** The most bytes that a document, or any other block, may have: 1 MiB. */
export const MAX_BYTES = 1_048_576
