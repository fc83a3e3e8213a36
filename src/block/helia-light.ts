/** The one import of Helia's own package: loading it takes a second, and a bundle may take this module's place. */
export { createHeliaLight } from 'helia'
