/** A component of Langflow as `GET /api/v1/all` describes it. */
type Component = { template: Record<string, { type: string, input_types: string[] }> }
type Components = Record<'input_output', Record<'ChatInput' | 'ChatOutput', Component>>

/** A flow that answers with its input and needs no model: Chat Input, connected to Chat Output. */
export function echoFlow ({ input_output: { ChatInput, ChatOutput } }: Components, endpointName: string) {
  const source = { dataType: 'ChatInput', id: 'ChatInput-1', name: 'message', output_types: ['Message'] }
  const input = ChatOutput.template['input_value']
  if (!input) throw new Error('ChatOutput has no input_value')
  const target = { fieldName: 'input_value', id: 'ChatOutput-1', inputTypes: input.input_types, type: input.type }
  const node = (id: string, type: string, component: Component, x: number) =>
    ({ id, type: 'genericNode', position: { x, y: 0 }, data: { id, type, node: component, showNode: true } })
  /** Langflow writes the ends of an edge as JSON with another quotation mark. */
  const handle = (end: object) => JSON.stringify(end).replaceAll('"', 'œ')
  return {
    name: 'Echo',
    endpoint_name: endpointName,
    data: {
      nodes: [node(source.id, 'ChatInput', ChatInput, 0), node(target.id, 'ChatOutput', ChatOutput, 400)],
      edges: [{
        id: 'edge',
        source: source.id,
        target: target.id,
        sourceHandle: handle(source),
        targetHandle: handle(target),
        data: { sourceHandle: source, targetHandle: target }
      }],
      viewport: { x: 0, y: 0, zoom: 1 }
    }
  }
}
