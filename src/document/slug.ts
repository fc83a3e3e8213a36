/** A document's short name under its publisher: 1 to 31 characters, so that it fits a bytes32 readably. */
export const SLUG: RegExp = /^[a-z0-9][a-z0-9-]{0,30}$/u
