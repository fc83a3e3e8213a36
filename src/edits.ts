/**
 * What a new version does to the one before it, in the words of the field, and whether that is what it declares. Pure, and
 * apart from the other doors, for who only verifies needs none of it.
 *
 * @example
 * for (const edit of editsBetween(before, after)) console.log(edit.weight, sayEdit(edit)) // substantive ring: trial → adopt
 */
export { type Citation, citationsIn } from './document/citations.ts'
export {
  type DeclaredFinding,
  type Declaring,
  type Misdeclaration,
  misdeclarations,
  proposeChange
} from './document/declared.ts'
export { type Difference, diff } from './document/diff.ts'
export { sayEdit } from './document/edit-text.ts'
export { type Edit, type EditKind, editsBetween, type Weight } from './document/edits.ts'
export type { Extent } from './document/extent.ts'
