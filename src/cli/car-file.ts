import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { readingFailed, unusable, writingFailed } from './files.ts'
import type { Host } from './host.ts'
import type { Sink } from './sink.ts'

/**
 * Writes a file that is there whole or not at all: under another name first, synced, then renamed. Answers with its size.
 * @throws INVALID_OPTION when there is a file of that name already, or it cannot be written
 */
export async function writeStream(
  { cwd }: Pick<Host, 'cwd'>,
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { force }: { readonly force: boolean }
): Promise<number> {
  const target = resolve(cwd, path)
  await checkFree(target, path, force)
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.part`)
  try {
    const size = await writeDraft(draft, chunks)
    // It may have come to be meanwhile.
    await checkFree(target, path, force)
    await rename(draft, target)
    await syncFolder(dirname(target))
    return size
  } catch (cause) {
    await unlink(draft).catch(() => undefined)
    throw writingFailed(path, cause)
  }
}

async function checkFree(target: string, path: string, force: boolean): Promise<void> {
  const there = await stat(target).catch(() => undefined)
  if (there === undefined) {
    const folder = await stat(dirname(target)).catch(() => undefined)
    if (folder?.isDirectory() !== true)
      throw unusable(path, 'is in a folder that is not there', 'make the folder first')
    return
  }
  if (there.isDirectory()) throw unusable(path, 'is a folder', 'name a file in it')
  if (!there.isFile()) throw unusable(path, 'is no ordinary file', 'write to stdout with -o - instead')
  if (!force) throw unusable(path, 'is there already', 'name another file, or overwrite it with --force')
}

async function writeDraft(draft: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  const file = await open(draft, 'w')
  try {
    const size = await writeBuffered(chunks, (bytes) => file.appendFile(bytes))
    await file.sync()
    return size
  } finally {
    await file.close()
  }
}

/** A folder is synced so that the new name survives a power cut. Not every system can. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch {
    return
  } finally {
    await handle?.close()
  }
}

/** What is written at a time, and what is read. */
const BUFFER = 1024 * 1024
const CHUNK = 64 * 1024

/** Gathers small chunks in one buffer, for a call to the system a document would cost more than the documents. */
async function writeBuffered(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<unknown>
): Promise<number> {
  const buffer = new Uint8Array(BUFFER)
  let held = 0
  let size = 0
  const flush = async (): Promise<void> => {
    if (held > 0) await write(buffer.subarray(0, held))
    held = 0
  }
  for await (const chunk of chunks) {
    size += chunk.byteLength
    if (held + chunk.byteLength > BUFFER) await flush()
    if (chunk.byteLength > BUFFER) await write(chunk)
    else {
      buffer.set(chunk, held)
      held += chunk.byteLength
    }
  }
  await flush()
  return size
}

/** Writes to a stream of the process no faster than its reader takes it. Answers with how much it was. */
export const pipeTo = async (sink: Sink, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> =>
  await writeBuffered(chunks, async (bytes) => {
    // The buffer is used again, and a stream keeps what it was given until it is through.
    if (sink.write(bytes.slice()) !== false || sink.once === undefined) return
    await drained(sink, signal)
  })

async function drained(sink: Sink, signal: AbortSignal): Promise<void> {
  await new Promise<void>((goOn, stop) => {
    const onAbort = (): void => stop(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    sink.once?.('drain', () => {
      signal.removeEventListener('abort', onAbort)
      goOn()
    })
  })
}

/** A file, or stdin for `-`, a chunk at a time; and its size where that is known. @throws NOT_FOUND, INVALID_OPTION */
export async function openStream(
  { cwd, stdin }: Pick<Host, 'cwd' | 'stdin'>,
  path: string
): Promise<{ readonly chunks: AsyncIterable<Uint8Array>; readonly size: number | undefined } & AsyncDisposable> {
  if (path === '-') {
    return { chunks: stdin as AsyncIterable<Uint8Array>, size: undefined, [Symbol.asyncDispose]: async () => undefined }
  }
  try {
    const file = await open(resolve(cwd, path))
    const about = await file.stat()
    if (about.isDirectory()) {
      await file.close()
      throw unusable(path, 'is a folder', 'name a file in it')
    }
    return {
      chunks: file.createReadStream({ autoClose: false, highWaterMark: CHUNK }),
      size: about.isFile() ? about.size : undefined,
      [Symbol.asyncDispose]: async () => await file.close()
    }
  } catch (cause) {
    throw readingFailed(path, cause)
  }
}
