import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'
import { afterAll, beforeAll } from 'vitest'
import type { BucketOptions } from '../../src/block/bucket.ts'
import { isSigned } from './signed.ts'

const CREDENTIALS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

/** A real S3 server, behind a check of signatures, for the tests of one file. `bucket` gives the options of a bucket in a folder that no other call gets. */
export function useS3() {
  const directory = mkdtempSync(join(tmpdir(), 'trend-archive-s3-'))
  let server: Server
  let made = 0
  const requests: string[] = []
  beforeAll(async () => {
    const s3 = new S3rver({ directory, silent: true, configureBuckets: [{ name: 'trends', configs: [] }] })
    await s3.configureBuckets()
    const callback = s3.callback() as RequestListener
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`)
      if (isSigned(request, CREDENTIALS.secretAccessKey)) callback(request, response)
      else response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    rmSync(directory, { recursive: true, force: true })
  })
  const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    directory,
    requests,
    endpoint,
    bucket: (): BucketOptions => ({
      name: 'bucket',
      endpoint: endpoint(),
      bucket: 'trends',
      prefix: `folder-${made++}`,
      credentials: CREDENTIALS,
      backoff: 1
    })
  }
}
