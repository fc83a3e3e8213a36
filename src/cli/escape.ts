/**
 * What a terminal or a reader of a log would obey or be misled by instead of showing it: C0 and C1 controls, DEL, line
 * separators, and the marks that turn the direction of text.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Shows what is unsafe as `\u001b`. That is JSON's own escape, so text that is JSON stays the same JSON. */
export const visible = (text: string): string =>
  text.replace(UNSAFE, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
