import { readFileSync } from 'node:fs'
import { access, constants, mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { invalidDocument } from '../document/issue.ts'
import { sizeRule } from '../document/json.ts'
import { MAX_BYTES } from '../document/size.ts'
import { ArchiveError } from '../errors.ts'
import type { Host } from './host.ts'

/** The version of this package. */
export function packageVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

export const pathIn = (folder: string, ...parts: readonly string[]): string => resolve(folder, ...parts)

/** The nearest folder of that name, from `from` upwards. */
export async function findUpwards(from: string, name: string): Promise<string | undefined> {
  for (let here = resolve(from); ; here = dirname(here)) {
    const candidate = join(here, name)
    if ((await kindOf(candidate)) === 'folder') return candidate
    if (dirname(here) === here) return undefined
  }
}

export async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch {
    return undefined
  }
}

const DRAFTS = new Set(['.json', '.md', '.markdown'])

export const isFile = async ({ cwd }: Pick<Host, 'cwd'>, path: string): Promise<boolean> =>
  (await kindOf(resolve(cwd, path))) === 'file'

/**
 * Whether an argument that may be a name or a file is a file. What is spelled as a CID is one even beside a file of that
 * name; what is spelled as a path or a draft is a file even where there is none.
 */
export async function namesFile(host: Pick<Host, 'cwd'>, text: string): Promise<boolean> {
  if (/^(?:ipfs:\/\/|Qm|ba[fg])[A-Za-z0-9]{40,}$/.test(text)) return false
  return (
    text === '-' || /^\.{0,2}\//.test(text) || DRAFTS.has(extname(text).toLowerCase()) || (await isFile(host, text))
  )
}

/** The files that arguments stand for: a folder stands for the drafts right in it, by name and without its README. */
export async function expand({ cwd }: Host, paths: readonly string[]): Promise<readonly string[]> {
  const expanded = await Promise.all(
    paths.map(async (path) => {
      if (path === '-' || (await kindOf(resolve(cwd, path))) !== 'folder') return [path]
      const names = (await readdir(resolve(cwd, path))).toSorted()
      const drafts = names.filter((name) => DRAFTS.has(extname(name).toLowerCase()) && isDraftName(name))
      if (drafts.length > 0) return drafts.map((name) => join(path, name))
      throw unusable(path, 'has no drafts in it', 'a draft is a file that ends in .json or .md')
    })
  )
  return [...new Set(expanded.flat())]
}

/** The folder that stood for a file; `undefined` for a file that was typed itself. */
export const folderOf = (file: string, paths: readonly string[]): string | undefined =>
  paths.find((path) => join(path, basename(file)) === file)

const isDraftName = (name: string): boolean => !name.startsWith('.') && !/^readme\./i.test(name)

export const isMarkdown = (path: string): boolean => ['.md', '.markdown'].includes(extname(path).toLowerCase())

export const isJson = (path: string): boolean => extname(path).toLowerCase() === '.json'

/** How a file is called in a message. */
export const titleOf = (path: string): string => (path === '-' ? '(stdin)' : path)

/**
 * The bytes of a file, or of stdin for `-`. Not more than a document may have, or what else is said: the rest is not even
 * read.
 * @throws NOT_FOUND, INVALID_OPTION when it cannot be read, INVALID_DOCUMENT when it is too large
 */
export async function readInput(
  { cwd, stdin, signal }: Host,
  path: string,
  maxBytes: number = MAX_BYTES
): Promise<Uint8Array<ArrayBuffer>> {
  signal?.throwIfAborted()
  if (path === '-') return await readAtMost(stdin, maxBytes, signal)
  try {
    const file = await open(resolve(cwd, path))
    try {
      return await readAtMost(file.createReadStream({ autoClose: false, end: maxBytes }), maxBytes, signal)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw readingFailed(path, cause)
  }
}

/** The bytes of a small file that is named by its path. @throws NOT_FOUND, INVALID_OPTION when it cannot be read */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (cause) {
    throw readingFailed(path, cause)
  }
}

async function readAtMost(
  stream: NodeJS.ReadableStream,
  maxBytes: number,
  signal: AbortSignal | undefined
): Promise<Uint8Array<ArrayBuffer>> {
  // Nobody may ever write to a pipe, or type.
  if (signal !== undefined) addAbortSignal(signal, stream as Readable)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk
    chunks.push(bytes)
    size += bytes.byteLength
    if (size > maxBytes) throw invalidDocument([{ path: '$', rule: sizeRule(maxBytes) }])
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

/** An error of the system about reading a file, in words. */
export function readingFailed(path: string, cause: unknown): unknown {
  switch (codeOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ArchiveError('NOT_FOUND', `${path}: there is no such file`, { name: path }, { cause })
    case 'EISDIR':
      return unusable(path, 'is a folder', 'name a file in it')
    case 'EACCES':
    case 'EPERM':
      return unusable(path, 'may not be read', 'check who may read it', cause)
    default:
      return cause
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined

export function unusable(path: string, rule: string, hint: string, cause?: unknown): ArchiveError<'INVALID_OPTION'> {
  return new ArchiveError('INVALID_OPTION', `${path}: ${rule}`, { option: 'file', rule }, { hint, cause })
}

/** Writes a small file so that a crash leaves either the old one or the new one. Only its owner may read it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`)
  await writeFile(draft, text, { mode: 0o600, flush: true })
  await rename(draft, path)
}

/**
 * Looks whether files can be written into a folder, there or still to be made, before any work is put into them.
 * @throws INVALID_OPTION
 */
export async function checkFolder({ cwd }: Host, folder: string): Promise<void> {
  for (let here = resolve(cwd, folder); ; here = dirname(here)) {
    const kind = await kindOf(here)
    if (kind === 'file') throw unusable(folder, 'is no folder', 'name another one')
    if (kind === undefined && dirname(here) !== here) continue
    try {
      return await access(here, constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw writingFailed(folder, cause)
    }
  }
}

/**
 * Writes a file into a folder that is made where there is none. Answers with the path as a person would type it.
 * @throws INVALID_OPTION when it cannot be written there
 */
export async function writeInto({ cwd }: Host, folder: string, name: string, text: string): Promise<string> {
  try {
    await mkdir(resolve(cwd, folder), { recursive: true })
    await writeWhole(resolve(cwd, folder, name), text)
  } catch (cause) {
    throw writingFailed(folder, cause)
  }
  return join(folder, name)
}

/** An error of the system about writing to a file or folder, in words. */
export function writingFailed(folder: string, cause: unknown): unknown {
  switch (codeOf(cause)) {
    case 'EEXIST':
    case 'ENOTDIR':
      return unusable(folder, 'is no folder', 'name another one', cause)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return unusable(folder, 'may not be written to', 'check who may write there', cause)
    default:
      return cause
  }
}
