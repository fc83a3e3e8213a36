/**
 * How documents follow, change and cite each other: a lineage end to end, what a version did to the one before it and
 * whether it declares that, and what stands beside a verdict. Apart from the other doors, for who only verifies needs none
 * of it.
 *
 * @example
 * for (const edit of editsBetween(before, after)) console.log(edit.weight, sayEdit(edit)) // substantive ring: trial → adopt
 * const verdict = await verify(ports, { cid }, { beside: lookBeside({ cited: true }) })
 */
export type { End } from './archive/descend.ts'
export type { Fork } from './archive/forks.ts'
export {
  type History,
  type HistoryOptions,
  history,
  type Recorded,
  type Version,
  type VersionStanding
} from './archive/history.ts'
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
export type { Beside, Cited, CitedFound, Glance, Seen, Unseen } from './verdict/beside.ts'
export { lookBeside } from './verdict/look-beside.ts'
