import { expect, test } from 'vitest'
import { TOKEN, usePinningService } from '../block/mock-pinning-service.ts'
import { useGateway } from '../block/raw-gateway.ts'
import { useS3 } from '../block/s3.ts'
import { draft, useChain } from './on-chain.ts'
import { folder, json } from './shell.ts'

const [{ on }, s3, service, gateway] = [useChain(), useS3(), usePinningService(), useGateway()]
const ENV = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', PINNING_TOKEN: TOKEN }
const HERE = { sink: 'this machine', isElsewhere: false, checked: true }

test('a publish says that only this machine holds the bytes, and what to do next', async () => {
  const cwd = folder({ 'a.md': draft('alone-a'), 'b.md': draft('alone-b') })
  const alone = await on(['publish', 'a.md'], { cwd })
  const cid = /bagaaiera\w+/.exec(alone.stdout)?.[0]
  expect(alone.stderr).toContain(`held by one sink only: this machine; keep a copy with: trend-archive export ${cid}; `)
  expect(alone.stderr).toContain('name one with: trend-archive init --remote')
  await on(['init', '--remote', `pinner=${service.url()},token=PINNING_TOKEN,gateway=${gateway.url()}`], { cwd })
  const configured = await on(['publish', 'b.md', '--json'], { cwd })
  expect(json(configured.stdout).held).toEqual([HERE])
  const next = json(configured.stdout).documents?.[0]?.cid
  expect(configured.stderr).toContain(
    `held by one sink only: this machine; next: trend-archive pin ${next} --to pinner`
  )
  const again = await on(['publish', 'b.md', '--json'], { cwd })
  expect([json(again.stdout).held, again.stderr]).toEqual([undefined, expect.not.stringContaining('held by')])
})

test('a publish waits for the buckets that are sinks, and says that they were read again', async () => {
  const cwd = folder({ 'a.md': draft('both-a'), 'b.md': draft('both-b') })
  const { endpoint, bucket, prefix } = s3.bucket()
  await on(['init', '--remote', `backup=s3://${bucket}/${prefix},endpoint=${endpoint},sink=true`], { cwd })
  const { code, stdout, stderr } = await on(['publish', 'a.md', '--json'], { cwd, env: ENV })
  expect([code, json(stdout).held]).toEqual([0, [HERE, { sink: 'backup', isElsewhere: true, checked: true }]])
  expect(stderr).toContain('held by 2 independent sinks: this machine; backup')
  // Without its key nothing is published: the chain must not name what only this machine holds where that was not wanted.
  const refused = await on(['publish', 'b.md'], { cwd })
  expect(refused).toMatchObject({
    code: 4,
    stdout: '',
    stderr: expect.stringContaining('AWS_ACCESS_KEY_ID is not set')
  })
  expect((await on(['publish', 'b.md'], { cwd, env: ENV })).code).toBe(0)
})
