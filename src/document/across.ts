import type { Issue } from '../errors.ts'
import type { Claim, Edition, Entry, Evidence, Metric, Notice, Point, Trend } from './document.ts'
import { elementPath } from './issue.ts'
import { noticeSlugFor } from './notice.ts'

/*
 * What fields say to each other. Each rule is told only of parts that keep their own rules, and is silent on the rest.
 */

export function acrossTrend(
  trend: Partial<Pick<Trend, 'claims' | 'metrics' | 'evidence' | 'published'>>
): readonly Issue[] {
  const { claims = [], metrics = [], evidence = [], published } = trend
  return [
    ...repeated(claims, 'id', '$.claims'),
    ...repeated(metrics, 'id', '$.metrics'),
    ...repeated(evidence, 'id', '$.evidence'),
    ...claims.flatMap((claim, i) => forecastIssues(claim, elementPath('$.claims', i), published)),
    ...metrics.flatMap(({ points }, i) => pointIssues(points, `${elementPath('$.metrics', i)}.points`))
  ]
}

/** Every evidence id that a claim or a metric names exists. */
export function evidenceIssues(
  claims: readonly Claim[],
  metrics: readonly Metric[],
  evidence: readonly Evidence[]
): readonly Issue[] {
  const known = new Set(evidence.map(({ id }) => id))
  const missing = (id: string | undefined, path: string): readonly Issue[] =>
    id === undefined || known.has(id)
      ? []
      : [{ path, rule: `must name evidence of this document, and ${id} is none`, mend: 'add it to evidence' }]
  const allMissing = (ids: readonly string[] | undefined, path: string): readonly Issue[] =>
    (ids ?? []).flatMap((id, i) => missing(id, elementPath(path, i)))
  return [
    ...claims.flatMap((claim, i) => {
      const path = elementPath('$.claims', i)
      return [
        ...allMissing(claim.evidence, `${path}.evidence`),
        ...allMissing(claim.counter, `${path}.counter`),
        ...missing(claim.forecast?.source, `${path}.forecast.source`)
      ]
    }),
    ...metrics.flatMap((metric, i) => allMissing(metric.evidence, `${elementPath('$.metrics', i)}.evidence`))
  ]
}

export function acrossEdition({ entries = [] }: Partial<Pick<Edition, 'entries'>>): readonly Issue[] {
  return [...repeated(entries, 'slug', '$.entries'), ...orderIssues(entries)]
}

export function acrossNotice({
  of,
  slug,
  successor
}: Partial<Pick<Notice, 'of' | 'slug' | 'successor'>>): readonly Issue[] {
  if (of === undefined) return []
  const named = noticeSlugFor(of)
  const issues: Issue[] = []
  if (slug !== undefined && slug !== named) {
    const rule = 'must be notice- and the first 24 hex digits of the digest it is about'
    issues.push({ path: '$.slug', rule, mend: `write ${named}, or leave it out of the draft` })
  }
  if (successor === of) issues.push({ path: '$.successor', rule: 'must be another document than the one in `of`' })
  return issues
}

function repeated<Key extends string>(
  list: readonly Readonly<Record<Key, string>>[],
  key: Key,
  path: string
): readonly Issue[] {
  const first = new Map<string, number>()
  return list.flatMap(({ [key]: name }, i) => {
    const before = first.get(name)
    if (before !== undefined) {
      return [{ path: `${elementPath(path, i)}.${key}`, rule: `must not be that of ${elementPath(path, before)} too` }]
    }
    first.set(name, i)
    return []
  })
}

function forecastIssues({ forecast }: Claim, path: string, published: string | undefined): readonly Issue[] {
  // Both are spelled so that text order is time order.
  if (forecast === undefined || published === undefined || forecast.resolveBy > published.slice(0, 10)) return []
  return [
    { path: `${path}.forecast.resolveBy`, rule: `must be after the day of publication, ${published.slice(0, 10)}` }
  ]
}

function pointIssues(points: readonly Point[], path: string): readonly Issue[] {
  return points.flatMap(({ time }, i) => {
    const before = points[i - 1]
    return before === undefined || before.time < time
      ? []
      : [{ path: `${elementPath(path, i)}.time`, rule: `must be after ${before.time}, the point before it` }]
  })
}

function orderIssues(entries: readonly Entry[]): readonly Issue[] {
  return entries.flatMap(({ slug }, i) => {
    const before = entries[i - 1]
    return before === undefined || before.slug <= slug
      ? []
      : [
          {
            path: `${elementPath('$.entries', i)}.slug`,
            rule: `must come before ${before.slug}: entries are sorted by slug`
          }
        ]
  })
}
