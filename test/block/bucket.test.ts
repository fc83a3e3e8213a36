import { bucketBlocks } from '../../src/block/bucket.ts'
import { describeBlockSink } from '../behaviour/block-sink.ts'
import { describeBlockSource } from '../behaviour/block-source.ts'
import { useS3 } from './s3.ts'

const s3 = useS3()

// Each pin is two requests, and the server is of the kind that is made for tests.
const CROWD = 12
describeBlockSink('bucket', async () => bucketBlocks(s3.bucket()), CROWD)
describeBlockSource('bucket', async () => {
  const blocks = bucketBlocks(s3.bucket())
  return { source: blocks, give: blocks.pin }
})
