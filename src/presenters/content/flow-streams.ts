import type { FlowBatches, FlowPage as Page, FlowSource } from '../../services/content/flow-lists.ts'
import { flowFileText, flowText } from './flow-texts.ts'

/** An array of flows as JSON, streamed. */
export async function * flowsText (batches: FlowBatches): AsyncIterable<string> {
  let before = '['
  for await (const batch of batches) {
    if (batch.length === 0) continue
    yield before + batch.map(flowText).join(',')
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}

/** A page as JSON, streamed. */
export async function * flowPageText ({ items, total, page, size }: Page): AsyncIterable<string> {
  yield `{"total":${total},"page":${page},"size":${size},"pages":${Math.ceil(total / size)},"items":`
  yield * flowsText(items)
  yield '}'
}

/** Flows as files of an archive. Each can be uploaded again. */
export const toFiles = (sources: FlowSource[]) => sources.map(({ name, read }) => ({
  name,
  extension: '.json',
  read: async () => {
    const row = await read()
    return row && flowFileText(row)
  }
}))
