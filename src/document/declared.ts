import { canonicalText } from './canonical.ts'
import { type Change, FILLED, type TrendDocument } from './document.ts'
import { sayEdit } from './edit-text.ts'
import { type Edit, editsBetween, isContent } from './edits.ts'

/** What a version declares that is not so (docs/SPEC.md, 5.9). */
export type Misdeclaration =
  | 'SILENT_EDIT' // declared editorial, and what it says is another
  | 'NOTHING_CORRECTED' // declared a correction, and nothing that was there was touched
  | 'ONLY_EDITORIAL' // declared an update, and it says the same
  | 'NOTHING_CHANGED' // declares a change, and there is none
  | 'NOT_A_REVERT' // declared a revert, and no version before says the same
  | 'NOT_INITIAL' // declared initial, and it follows another
  | 'NOTHING_BEFORE' // declares a change of something, and it is the first version
  | 'WRONG_PREVIOUS_RING' // states a previous ring that the version before was not in

/** One rule of declared changes that a version breaks. It decides nothing: it is for readers. */
export interface DeclaredFinding {
  readonly code: Misdeclaration
  readonly declared: Change['kind'] | undefined
  /** What it should have declared. */
  readonly proposed: Change['kind']
  /** The edits that show it. */
  readonly edits: readonly Edit[]
  /** The same in words. Texts of documents are in it: escape them for a terminal. */
  readonly detail: string
}

/** A version with what is before it, as far as that is at hand. */
export interface Declaring {
  readonly document: TrendDocument
  /** The version before; there is none before the first. */
  readonly before?: TrendDocument | undefined
  /** All versions before that one; absent where not all of them are known. */
  readonly earlier?: readonly TrendDocument[] | undefined
}

/** The change that a document declares, if it does. */
export const declaredChange = (document: TrendDocument): Change | undefined =>
  document.type === 'notice' ? undefined : document.change

/** Holds what a version declares of its change against what really changed. Silent where what is before is not known. */
export function misdeclarations(declaring: Declaring): readonly DeclaredFinding[] {
  const { document, before } = declaring
  const declared = declaredChange(document)?.kind
  if (document.version === 1) return firstFindings(declared)
  if (declared === 'initial') {
    const detail = `declared initial, and it is version ${document.version}`
    const proposed = before === undefined ? 'update' : proposeChange(declaring)
    return [{ code: 'NOT_INITIAL', declared, proposed, edits: [], detail }]
  }
  if (before === undefined) return []
  const edits = editsBetween(before, document).filter(isContent)
  const proposed = proposeChange(declaring)
  const broken = declared && brokenRule(declared, edits, declaring)
  const rings = ringFindings(edits, declared, proposed, document)
  if (broken === undefined) return rings
  const { code, edits: shown, why } = broken
  return [{ code, declared, proposed, edits: shown, detail: `declared ${declared}, ${why}` }, ...rings]
}

/** The kind of change that a version should declare. Whether an update corrects something, only its author knows. */
export function proposeChange({ document, before, earlier = [] }: Declaring): Change['kind'] {
  if (before === undefined) return 'initial'
  if (earlier.some((older) => saysTheSame(older, document))) return 'revert'
  const edits = editsBetween(before, document).filter(isContent)
  if (!edits.some(isSubstantive)) return 'editorial'
  const isCorrection = declaredChange(document)?.kind === 'correction'
  return isCorrection && edits.some(touchesWhatWas) ? 'correction' : 'update'
}

function firstFindings(declared: Change['kind'] | undefined): readonly DeclaredFinding[] {
  if (declared === undefined || declared === 'initial') return []
  const detail = `declared ${declared}, and it is the first version`
  return [{ code: 'NOTHING_BEFORE', declared, proposed: 'initial', edits: [], detail }]
}

type Broken = Pick<DeclaredFinding, 'code' | 'edits'> & { readonly why: string }

function brokenRule(
  declared: Change['kind'],
  edits: readonly Edit[],
  { document, earlier }: Declaring
): Broken | undefined {
  if (edits.length === 0) {
    return { code: 'NOTHING_CHANGED', edits, why: 'and it says the same as the version before' }
  }
  const substantive = edits.filter(isSubstantive)
  switch (declared) {
    case 'editorial':
      if (substantive.length === 0) return undefined
      return { code: 'SILENT_EDIT', edits: substantive, why: `but ${listed(substantive)}` }
    case 'update':
      if (substantive.length > 0) return undefined
      return { code: 'ONLY_EDITORIAL', edits, why: `and all is editorial: ${listed(edits)}` }
    case 'correction':
      if (edits.some(touchesWhatWas)) return undefined
      return { code: 'NOTHING_CORRECTED', edits, why: `and nothing that was there was touched: ${listed(edits)}` }
    case 'revert':
      if (earlier === undefined || earlier.some((older) => saysTheSame(older, document))) return undefined
      return { code: 'NOT_A_REVERT', edits, why: 'and no version before says the same' }
    case 'initial':
      return undefined
  }
}

/** A ring that was moved, and a previous ring that is another than it was moved from. */
function ringFindings(
  edits: readonly Edit[],
  declared: Change['kind'] | undefined,
  proposed: Change['kind'],
  document: TrendDocument
): readonly DeclaredFinding[] {
  const move = edits.find(({ kind }) => kind === 'RING_MOVED')
  const stated = document.type === 'trend' ? document.assessment?.previousRing : undefined
  if (move === undefined || stated === undefined || stated === move.before) return []
  const was = move.before === undefined ? 'in none' : `in ${move.before}`
  const detail = `states the previous ring ${stated}, and the version before was ${was}`
  return [{ code: 'WRONG_PREVIOUS_RING', declared, proposed, edits: [move], detail }]
}

const isSubstantive = ({ weight }: Edit): boolean => weight === 'substantive'
const touchesWhatWas = ({ before }: Edit): boolean => before !== undefined

/** How many edits are told; the others are counted. */
const MOST_TOLD = 3

function listed(edits: readonly Edit[]): string {
  const more = edits.length - MOST_TOLD
  return `${edits.slice(0, MOST_TOLD).map(sayEdit).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

const APART: readonly string[] = [...FILLED, 'change', 'edition']

/** Whether two versions say the same, whatever they declare of it. */
function saysTheSame(a: TrendDocument, b: TrendDocument): boolean {
  const said = (document: TrendDocument): string =>
    canonicalText(Object.fromEntries(Object.entries(document).filter(([key]) => !APART.includes(key))))
  return said(a) === said(b)
}
