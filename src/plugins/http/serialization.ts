import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import fp from 'fastify-plugin'

type Serialize = (data: unknown) => string

/** Caches the JSON of frozen objects, which cannot change. */
function writingFrozenOnce (compiled: () => Serialize): Serialize {
  const written = new WeakMap<object, string>()
  return data => {
    if (typeof data !== 'object' || data === null || !Object.isFrozen(data)) return compiled()(data)
    const text = written.get(data) ?? compiled()(data)
    written.set(data, text)
    return text
  }
}

/** Serializes responses with Fastify's compiler, once for each schema instead of once for each route. */
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
