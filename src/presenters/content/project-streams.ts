import type { FlowBatches, FlowPage as Page } from '../../services/content/flow-lists.ts'
import type { ProjectRow } from '../../services/content/projects.ts'
import { flowPageText, flowsText } from './flow-streams.ts'
import { presentProject } from './projects.ts'

/** A project with all its flows as JSON, streamed. */
export async function * projectText (project: ProjectRow, flows: FlowBatches): AsyncIterable<string> {
  yield `${JSON.stringify(presentProject(project)).slice(0, -1)},"flows":`
  yield * flowsText(flows)
  yield '}'
}

/** A project with one page of its flows as JSON, streamed. */
export async function * projectPageText (project: ProjectRow, page: Page): AsyncIterable<string> {
  yield `{"folder":${JSON.stringify(presentProject(project))},"flows":`
  yield * flowPageText(page)
  yield '}'
}
