import { canonicalText } from './canonical.ts'
import type { Edit, EditKind } from './edits.ts'
import type { Json } from './json.ts'
import { cutAtWord } from './plain-text.ts'

/** A value is shown no longer than this. */
const LONGEST = 80

/** What each kind of edit is about; `#` stands for the one among several. */
const WORDS: Readonly<Record<EditKind, string>> = {
  RING_MOVED: 'ring',
  QUADRANT_MOVED: 'quadrant',
  PHASE_MOVED: 'phase',
  HORIZON_MOVED: 'horizon',
  PREVIOUS_RING_CHANGED: 'stated previous ring',
  THESIS_REWORDED: 'thesis reworded',
  CLAIM_ADDED: 'claim # added',
  CLAIM_REMOVED: 'claim # removed',
  CLAIM_REWORDED: 'claim # reworded',
  CLAIM_KIND_CHANGED: 'kind of claim #',
  CONFIDENCE_CHANGED: 'confidence of claim #',
  CLAIM_SUPPORT_CHANGED: 'sources of claim #',
  FORECAST_CHANGED: 'forecast of claim #',
  CLAIMS_REORDERED: 'claims in another order',
  METRIC_ADDED: 'metric # added',
  METRIC_REMOVED: 'metric # removed',
  METRIC_RENAMED: 'name of metric #',
  METRIC_UNIT_CHANGED: 'unit of metric #',
  METRIC_METHOD_CHANGED: 'method of metric #',
  METRIC_SUPPORT_CHANGED: 'sources of metric #',
  METRICS_REORDERED: 'metrics in another order',
  POINT_ADDED: 'point # added',
  POINT_REMOVED: 'point # removed',
  POINT_CHANGED: 'point #',
  SOURCE_ADDED: 'source # added',
  SOURCE_REMOVED: 'source # removed',
  SOURCE_RELOCATED: 'place of source #',
  SOURCE_DESCRIBED: 'description of source #',
  STANCE_TURNED: 'stance of source #',
  QUOTE_CHANGED: 'quote from source #',
  CAPTURE_ADDED: 'capture of source # added',
  CAPTURE_REMOVED: 'capture of source # removed',
  CAPTURES_REORDERED: 'captures of source # in another order',
  SOURCES_REORDERED: 'sources in another order',
  RELATION_ADDED: 'relation added',
  RELATION_REMOVED: 'relation removed',
  RELATIONS_REORDERED: 'relations in another order',
  ATTACHMENT_ADDED: 'attachment added',
  ATTACHMENT_REMOVED: 'attachment removed',
  ATTACHMENTS_REORDERED: 'attachments in another order',
  SUBJECT_CHANGED: 'subject',
  SUBJECT_DESCRIBED: 'description of the subject',
  SCOPE_CHANGED: 'scope',
  DISCLOSURE_CHANGED: 'disclosure',
  TITLE_EDITED: 'title',
  SUMMARY_EDITED: 'summary',
  BODY_EDITED: 'body',
  LANGUAGE_CHANGED: 'language',
  LICENSE_CHANGED: 'licence',
  AUTHOR_ADDED: 'author added',
  AUTHOR_REMOVED: 'author removed',
  AUTHOR_DESCRIBED: 'description of author #',
  AUTHORS_REORDERED: 'authors in another order',
  TAG_ADDED: 'tag added',
  TAG_REMOVED: 'tag removed',
  TAGS_REORDERED: 'tags in another order',
  ENTRY_ADDED: 'entry # added',
  ENTRY_REMOVED: 'entry # removed',
  ENTRY_MOVED: 'entry #',
  NOTICE_CHANGED: 'notice',
  NOTE_EDITED: 'note',
  EXTENSION_CHANGED: 'extensions',
  IDENTITY_CHANGED: 'identity',
  SERIES_CHANGED: 'edition series',
  VERSION_CHANGED: 'version',
  PREVIOUS_CHANGED: 'previous',
  PUBLISHED_CHANGED: 'published',
  DECLARATION_CHANGED: 'declared change',
  FIELD_CHANGED: 'field'
}

const WITHOUT_PATH: readonly EditKind[] = ['NOTICE_CHANGED', 'IDENTITY_CHANGED', 'FIELD_CHANGED', 'SOURCE_DESCRIBED']

/** An edit as a person would say it, in one line. Its texts come from documents: escape them for a terminal. */
export function sayEdit(edit: Edit): string {
  const { kind, of, path, before, after, extent } = edit
  const where = WITHOUT_PATH.includes(kind) ? ` ${path}` : ''
  const what = `${WORDS[kind].replace(' #', of === undefined ? '' : ` ${of}`)}${where}`
  if (kind.endsWith('_REORDERED')) return what
  if (extent !== undefined) {
    const figures = extent.figures ? ', figures among them' : ''
    const said = isShort(before) && isShort(after) ? `: ${shown(before)} → ${shown(after)}` : ''
    return `${what}: ${extent.words} of ${extent.of} ${extent.of === 1 ? 'word' : 'words'} edited${figures}${said}`
  }
  if (kind.endsWith('_ADDED')) return `${what}: ${shown(after)}`
  if (kind.endsWith('_REMOVED')) return `${what}: ${shown(before)}`
  return `${what}: ${shown(before)} → ${shown(after)}`
}

const isShort = (value: Json | undefined): boolean =>
  typeof value === 'string' && value.length <= LONGEST && !value.includes('\n')

/** A value in a few words: that by which a person would know it, else its JSON. */
function shown(value: Json | undefined): string {
  if (value === undefined) return 'none'
  const text = typeof value === 'string' ? value : (nameOf(value) ?? canonicalText(value))
  return cutAtWord(text.replace(/\s+/g, ' ').slice(0, 4 * LONGEST), LONGEST)
}

function nameOf(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const members = value as { readonly [key: string]: Json }
  const own = (key: string): string | undefined => {
    const text = Object.hasOwn(members, key) ? members[key] : undefined
    return typeof text === 'string' ? text : undefined
  }
  const [rel, target, time, measure, cid, mediaType] = ['rel', 'target', 'time', 'value', 'cid', 'mediaType'].map(own)
  if (rel !== undefined && target !== undefined) return `${rel} ${target}`
  if (time !== undefined && measure !== undefined) return canonicalText({ ...members })
  if (typeof members.version === 'number' && cid !== undefined) return `version ${members.version}, ${cid}`
  if (cid !== undefined && mediaType !== undefined) return `${mediaType} ${cid}`
  if (Object.hasOwn(members, 'account') || Object.hasOwn(members, 'roles')) return undefined
  return own('text') ?? own('title') ?? own('name')
}
