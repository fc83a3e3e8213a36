import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { httpRequest } from '../src/registry/http.ts'

export interface DevChainOptions {
  /** Where anvil keeps the chain, so that it goes on where it stopped. */
  readonly stateFile: string
  /** @default a free one */
  readonly port?: number | undefined
  /** @default anvil where its binary is installed; Hardhat's chain keeps nothing */
  readonly kind?: DevChain['kind'] | undefined
}

export interface DevChain {
  readonly url: string
  readonly kind: 'anvil' | 'hardhat'
  /** The process of the chain, where it has one of its own. */
  readonly pid?: number | undefined
  readonly stop: () => Promise<void>
}

const HOST = '127.0.0.1'
const CPUS: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
const PATIENCE = 30_000
/** Milliseconds between two looks for another block: as much of the chain's life as a SIGKILL can cost. */
const SAVE_EVERY = 200

/** Starts a chain of its own on the loopback interface, eip155:31337, and resolves when it answers. */
export async function startDevChain({ stateFile, port, kind }: DevChainOptions): Promise<DevChain> {
  const binary = kind === 'hardhat' ? undefined : anvilBinary()
  if (binary === undefined && kind === 'anvil') throw new Error('the binary of anvil is not installed here')
  const chosen = port ?? (await freePort())
  // Otherwise the wait for an answer would be answered by a chain that is not ours.
  if (await answers(chosen)) throw new Error(`something answers on port ${chosen} already`)
  return binary === undefined ? await startHardhat(chosen) : await startAnvil(binary, stateFile, chosen)
}

async function startAnvil(binary: string, stateFile: string, port: number): Promise<DevChain> {
  mkdirSync(dirname(stateFile), { recursive: true })
  const lockFile = `${stateFile}.lock`
  await takeOver(lockFile, stateFile)
  const url = `http://${HOST}:${port}`
  const options = ['--host', HOST, '--port', String(port), '--chain-id', '31337', '--hardfork', 'osaka', '--silent']
  const state = existsSync(stateFile) ? ['--load-state', stateFile] : []
  const anvil = spawn(binary, [...options, ...state], { stdio: ['ignore', 'ignore', 'inherit'] })
  const exited = new Promise<void>((resolve, reject) => {
    anvil.once('exit', () => resolve())
    anvil.once('error', reject)
  })
  const isRunning = (): boolean => anvil.exitCode === null && anvil.signalCode === null
  const kill = (): boolean => anvil.kill()
  process.once('exit', kill)
  if (anvil.pid !== undefined) writeFileSync(lockFile, JSON.stringify({ owner: process.pid, anvil: anvil.pid, url }))

  const deadline = Date.now() + PATIENCE
  while (!(await answers(port))) {
    await Promise.race([sleep(10), exited])
    if (!isRunning()) throw new Error(`anvil left with ${anvil.exitCode}: does ${stateFile} hold a chain of its?`)
    if (Date.now() > deadline) {
      anvil.kill('SIGKILL')
      throw new Error(`anvil did not answer on port ${port}`)
    }
  }
  const save = saver(url, stateFile)
  const stopped = new AbortController()
  void exited.finally(() => {
    process.off('exit', kill)
    stopped.abort()
  })
  void keepSaving(save, stopped.signal)
  return {
    url,
    kind: 'anvil',
    pid: anvil.pid,
    async stop() {
      stopped.abort()
      const failure = isRunning() ? await save().catch((error: unknown) => error) : undefined
      anvil.kill()
      await exited
      rmSync(lockFile, { force: true })
      // What somebody killed could not be saved, and that is no news to them.
      if (failure !== undefined && anvil.signalCode !== 'SIGKILL') throw failure
    }
  }
}

/**
 * Writes the chain to its file whenever there is another block, old states included. anvil could do so itself, but it
 * writes over the old file: killed on the way it leaves half a chain, and that is none.
 */
function saver(url: string, stateFile: string): () => Promise<void> {
  const request = httpRequest(url, { maxBytes: Number.MAX_SAFE_INTEGER, timeout: PATIENCE })
  let saved: unknown
  let turn = Promise.resolve()
  const save = async (): Promise<void> => {
    const block = (await request({ method: 'eth_getBlockByNumber', params: ['latest', false] })) as { hash?: unknown }
    if (block.hash === saved) return
    const zipped = String(await request({ method: 'anvil_dumpState', params: [true] }))
    const draft = `${stateFile}.draft`
    writeFileSync(draft, gunzipSync(Buffer.from(zipped.slice(2), 'hex')), { flush: true })
    renameSync(draft, stateFile)
    saved = block.hash
  }
  return async () => {
    turn = turn.then(save, save)
    await turn
  }
}

/** Saves until told to stop, and spends a quarter of the time on it at most. */
async function keepSaving(save: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let pause = SAVE_EVERY; !signal.aborted; ) {
    await sleep(pause, undefined, { ref: false, signal }).catch(() => undefined)
    const began = Date.now()
    if (!signal.aborted) await save().catch(() => undefined)
    pause = Math.max(SAVE_EVERY, 3 * (Date.now() - began))
  }
}

/**
 * Two chains on one state file would write over each other. One whose owner lives has the file; one that outlived its
 * owner, which was killed, is saved and ended first.
 */
async function takeOver(lockFile: string, stateFile: string): Promise<void> {
  if (!existsSync(lockFile)) return
  const { owner, anvil, url } = JSON.parse(readFileSync(lockFile, 'utf8'))
  // A number may have passed on to another process since.
  if (!commandOf(anvil).includes(`--port ${new URL(url).port}`)) return
  if (commandOf(owner) !== '') throw new Error(`process ${owner} runs the chain of ${stateFile}`)
  await saver(url, stateFile)().catch(() => undefined)
  process.kill(anvil)
  const deadline = Date.now() + PATIENCE
  while (commandOf(anvil).includes('--port')) {
    if (Date.now() > deadline) throw new Error(`process ${anvil} runs the chain of ${stateFile} and does not stop`)
    await sleep(20)
  }
}

/** The command line of a process, or nothing where there is no such process or no `ps`. */
function commandOf(pid: number): string {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  return /<defunct>/.test(stdout ?? '') ? '' : (stdout ?? '').trim()
}

async function startHardhat(port: number): Promise<DevChain> {
  const { network } = await import('hardhat')
  const server = await network.createServer('default', HOST, port)
  await server.listen()
  let stopped: Promise<void> | undefined
  return {
    url: `http://${HOST}:${port}`,
    kind: 'hardhat',
    async stop() {
      stopped ??= server.close()
      await stopped
    }
  }
}

/** The binary of the platform itself: the script around it would leave anvil behind when it is killed. */
export function anvilBinary(): string | undefined {
  const name = `@foundry-rs/anvil-${process.platform}-${CPUS[process.arch]}`
  const wrapper = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'))
  try {
    return join(
      dirname(wrapper.resolve(`${name}/package.json`)),
      'bin',
      process.platform === 'win32' ? 'anvil.exe' : 'anvil'
    )
  } catch {
    return undefined
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  return await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, HOST, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error())
      )
    })
  })
}

export async function answers(port: number): Promise<boolean> {
  const body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  return await fetch(`http://${HOST}:${port}`, init).then(
    (response) => response.ok,
    () => false
  )
}
