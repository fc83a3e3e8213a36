import { memoryBlocks } from '../../src/block/memory.ts'
import { describeBlockSink } from '../behaviour/block-sink.ts'
import { describeBlockSource } from '../behaviour/block-source.ts'

describeBlockSink('memory', async () => memoryBlocks())
describeBlockSource('memory', async () => {
  const blocks = memoryBlocks()
  return { source: blocks, give: blocks.pin }
})
