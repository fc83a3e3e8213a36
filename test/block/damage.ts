import { readFileSync, writeFileSync } from 'node:fs'

/** Flips one bit of every copy of a text in a file. @throws when there is none, so that a test cannot pass on nothing */
export function damage(file: string, text: string): void {
  const bytes = readFileSync(file)
  let at = bytes.indexOf(text)
  if (at === -1) throw new Error(`${text} is not in ${file}`)
  for (; at !== -1; at = bytes.indexOf(text, at + 1)) bytes[at]! ^= 1
  writeFileSync(file, bytes)
}
