/** What was said of a failure, behind a colon; nothing where nothing was. */
export const wordsIn = (cause: unknown): string =>
  cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
