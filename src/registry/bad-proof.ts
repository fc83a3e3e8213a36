/** What was to prove something does not. Whoever asked for the proof says of what, in an error of the archive's. */
export class BadProof extends Error {
  override readonly name = 'BadProof'
}
