import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import fp from 'fastify-plugin'

type Serialize = (data: unknown) => string

/** What is frozen stays as it is, and so does its JSON: an answer that is given again and again is written once. */
function writingFrozenOnce (compiled: () => Serialize): Serialize {
  const written = new WeakMap<object, string>()
  return data => {
    if (typeof data !== 'object' || data === null || !Object.isFrozen(data)) return compiled()(data)
    const text = written.get(data) ?? compiled()(data)
    written.set(data, text)
    return text
  }
}

/** How answers are written: Fastify's own way, compiled once for each schema and not anew for each route with it. */
export const serializationPlugin = fp(async app => {
  const compile = SerializerSelector()({}, {})
  const compiled = new WeakMap<object, Serialize>()
  app.setSerializerCompiler<object>(route => {
    const serialize = compiled.get(route.schema) ??
      writingFrozenOnce(app.defer(() => compile({ ...route, httpStatus: route.httpStatus ?? '' })))
    compiled.set(route.schema, serialize)
    return serialize
  })
}, { name: 'serialization', dependencies: ['deferral'] })
