/**
 * A program that has the light door ready to verify: all that judges and all that reads a node is loaded, and neither has
 * anybody to ask. Opening the door alone loads neither.
 * @param door what to import, as it stands behind `import`
 */
export const readyToVerify = (door: string): string => `
  const { deploymentOf, parseCid, rpcRegistry, verify } = await import(${JSON.stringify(door)})
  const request = async () => { throw new Error('nobody') }
  const { address } = deploymentOf('eip155:31337')
  const registry = rpcRegistry({ chain: 'eip155:31337', address, request })
  const cid = parseCid('bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea')
  await Promise.all([verify({ sources: [], registries: [registry] }, { cid }), registry.block('latest').catch(() => 0)])`
