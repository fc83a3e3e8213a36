/** A source tree in memory: path from the repository's root → text. */
export type Tree = ReadonlyMap<string, string>

export interface Violation {
  readonly rule: 'room' | 'owner' | 'cycle' | 'door' | 'reach' | 'computed' | 'unresolved' | 'unused' | 'undeclared'
  readonly file: string
  /** What it names and should not; for a cycle, its files in order. */
  readonly target: string
}

export interface House {
  /** Folders of `src`, from the ground up. A file imports from its own room and from those below it. */
  readonly rooms: readonly string[]
  /** Files of `src` that every room may import. */
  readonly ground: readonly string[]
  /** Package, or `scope/*`, or `node:*` → the files that may name it, or folders, which end in `/`. */
  readonly owners: Readonly<Record<string, readonly string[]>>
  /** Door → packages that nothing behind it may name, types included. */
  readonly unreachable: Readonly<Record<string, readonly string[]>>
  /** Door → packages that must not be loaded with it; behind `import()` they may be. */
  readonly deferred: Readonly<Record<string, readonly string[]>>
  /** Files of `src` that something outside of it starts from: scripts. */
  readonly entries: readonly string[]
  /** Packages that `src` may name, by package.json. */
  readonly dependencies: readonly string[]
  /** Packages of `dependencies` that a consumer brings; naming them is no duty. */
  readonly optional: readonly string[]
}

interface Edge {
  readonly to: string
  /** Behind `import()`: a call, or a type. */
  readonly later: boolean
  readonly computed: boolean
}

/** Holds a tree of sources to the picture of the house. Pure, so that a test can plant violations in memory. */
export function inspect(tree: Tree, house: House): readonly Violation[] {
  const files = [...tree.keys()].sort()
  const edges = new Map(files.map((file) => [file, edgesOf(tree.get(file) ?? '')]))
  const graph = graphOf(edges)
  const now = new Map([...edges].map(([file, all]) => [file, all.filter(({ later }) => !later)]))
  return [
    ...files.flatMap((file) => inspectFile(file, edges.get(file) ?? [], tree, house)),
    ...files.filter((file) => isDoor(file, house) && hasBranch(tree.get(file) ?? '')).map(branching),
    ...cyclesOf(graph).map((cycle): Violation => ({ rule: 'cycle', file: cycle[0]!, target: cycle.join(' → ') })),
    ...trespassesOf(edges, house.unreachable),
    ...trespassesOf(now, house.deferred),
    ...unusedOf(edges, graph, house)
  ]
}

/** What a file imports, in every form: static, for its side effect, re-exported, dynamic, as a type, by `require`. */
export function importsOf(text: string): readonly string[] {
  return edgesOf(text)
    .filter(({ computed }) => !computed)
    .map(({ to }) => to)
}

const NAMED = /(?<![.\w])(?:from|import|require|import\.meta\.resolve)\s*\(?\s*(['"`])([^'"`\n$]+)\1/g
const WORKER = /\bnew\s+URL\s*\(\s*(['"`])([^'"`\n$]+\.ts)\1\s*,\s*import\.meta\.url/g
const COMPUTED = /(?<![.\w])(?:import|require)\s*\((?!\s*(['"`])[^'"`\n$]+\1\s*[,)])([^)]*)/g

function edgesOf(source: string): readonly Edge[] {
  const text = withoutComments(source)
  return [
    ...[...text.matchAll(NAMED), ...text.matchAll(WORKER)].map(([all, , to]) => {
      return { to: to!, later: /^import\s*\(/.test(all), computed: false }
    }),
    ...[...text.matchAll(COMPUTED)].map(([, , to]) => ({ to: to!.trim(), later: true, computed: true }))
  ]
}

/** Only comments that begin a line: everything else might be inside a string, and a guard must not lose code. */
function withoutComments(source: string): string {
  return source.replaceAll(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replaceAll(/^[ \t]*\/\/.*$/gm, '')
}

function withoutStrings(source: string): string {
  return withoutComments(source).replaceAll(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g, "''")
}

function inspectFile(file: string, edges: readonly Edge[], tree: Tree, house: House): readonly Violation[] {
  return edges.flatMap(({ to, computed }): readonly Violation[] => {
    if (computed) return [{ rule: 'computed', file, target: to }]
    if (!isRelative(to)) return inspectPackage(file, to, house)
    const target = resolve(file, to)
    if (!target.startsWith('src/')) return []
    if (!tree.has(target)) return [{ rule: 'unresolved', file, target }]
    return rankOf(target, house) > rankOf(file, house) ? [{ rule: 'room', file, target }] : []
  })
}

function inspectPackage(file: string, to: string, house: House): readonly Violation[] {
  const name = packageOf(to)
  const allowed = ownersOf(name, house)
  const violations: Violation[] = []
  if (allowed?.some((owner) => (owner.endsWith('/') ? file.startsWith(owner) : file === owner)) === false)
    violations.push({ rule: 'owner', file, target: to })
  if (!name.startsWith('node:') && !house.dependencies.includes(name)) {
    violations.push({ rule: 'undeclared', file, target: name })
  }
  return violations
}

const branching = (file: string): Violation => ({ rule: 'door', file, target: 'a door only wires' })

function hasBranch(source: string): boolean {
  return /\b(?:if|switch)\s*\(|\s\?\s/.test(withoutStrings(source))
}

type Edges = ReadonlyMap<string, readonly Edge[]>
type Graph = ReadonlyMap<string, readonly string[]>

function trespassesOf(edges: Edges, forbidden: Readonly<Record<string, readonly string[]>>): readonly Violation[] {
  const graph = graphOf(edges)
  return Object.entries(forbidden).flatMap(([door, packages]) =>
    reach(graph, [door]).flatMap((file) =>
      (edges.get(file) ?? [])
        .filter(({ to, computed }) => !computed && !isRelative(to))
        .filter(({ to }) => packages.some((pattern) => matches(packageOf(to), pattern)))
        .map(({ to }): Violation => ({ rule: 'reach', file: door, target: `${to} by ${file}` }))
    )
  )
}

/** Files that no door leads to, and dependencies that no file names. */
function unusedOf(edges: Edges, graph: Graph, house: House): readonly Violation[] {
  const doors = [...graph.keys()].filter((file) => isDoor(file, house))
  const used = new Set(reach(graph, [...doors, ...house.entries]))
  const named = new Set([...edges.values()].flat().map(({ to }) => packageOf(to)))
  const owed = house.dependencies.filter((name) => !house.optional.includes(name) && !named.has(name))
  return [
    ...[...graph.keys()]
      .filter((file) => !used.has(file))
      .map((file): Violation => ({ rule: 'unused', file, target: 'no door leads here' })),
    ...owed.map((name): Violation => ({ rule: 'unused', file: 'package.json', target: name }))
  ]
}

function reach(graph: Graph, from: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  const open = [...from]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file) || !graph.has(file)) continue
    seen.add(file)
    open.push(...(graph.get(file) ?? []))
  }
  return [...seen]
}

/** One cycle a strongly connected set of files, found by walking depth first. */
function cyclesOf(graph: Graph): readonly (readonly string[])[] {
  const done = new Set<string>()
  const cycles: (readonly string[])[] = []
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start !== -1) {
      cycles.push([...path.slice(start), file])
      return
    }
    if (done.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return cycles
}

const graphOf = (edges: Edges): Graph => new Map([...edges].map(([file, all]) => [file, filesNamed(file, all)]))

function filesNamed(file: string, edges: readonly Edge[]): readonly string[] {
  return edges
    .filter(({ to, computed }) => !computed && isRelative(to))
    .map(({ to }) => resolve(file, to))
    .filter((target) => target.startsWith('src/'))
}

const isRelative = (to: string): boolean => to.startsWith('.')
const isDoor = (file: string, house: House): boolean =>
  file.split('/').length === 2 && !house.ground.includes(file.slice('src/'.length))

function rankOf(file: string, house: House): number {
  const top = file.split('/')[1] ?? ''
  if (house.ground.includes(top)) return -1
  const rank = house.rooms.indexOf(top)
  return rank === -1 ? house.rooms.length : rank
}

function resolve(file: string, to: string): string {
  return new URL(to, `file:///${file}`).pathname.slice(1)
}

function packageOf(to: string): string {
  if (to.startsWith('node:')) return to.split('/')[0]!
  return to
    .split('/')
    .slice(0, to.startsWith('@') ? 2 : 1)
    .join('/')
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

/** The most particular line of the table that speaks of a package. */
function ownersOf(name: string, { owners }: House): readonly string[] | undefined {
  const pattern = Object.keys(owners)
    .filter((candidate) => matches(name, candidate))
    .sort((a, b) => b.length - a.length)[0]
  return pattern === undefined ? undefined : owners[pattern]
}
