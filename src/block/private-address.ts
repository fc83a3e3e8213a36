const PRIVATE_V4 = /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/
const PRIVATE_V6 = /^(?:::1$|f[cd]|fe[89ab])/i

/** Whether a multiaddress leads to this machine or its local network only, by RFC 1918, 3927, 4193 and 4291. */
export function isPrivateAddress(multiaddress: string): boolean {
  const [, protocol, host = ''] = multiaddress.split('/')
  if (protocol === 'ip4') return PRIVATE_V4.test(host)
  if (protocol === 'ip6') return PRIVATE_V6.test(host)
  return protocol?.startsWith('dns') === true && /(?:^|\.)(?:localhost|local)$/.test(host)
}
