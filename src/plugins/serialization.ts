import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import fp from 'fastify-plugin'

/** How answers are written: Fastify's own way, compiled once for each schema and not anew for each route with it. */
export const serializationPlugin = fp(async app => {
  const compile = SerializerSelector()({}, {})
  const compiled = new WeakMap<object, ReturnType<typeof compile>>()
  app.setSerializerCompiler<object>(route => {
    const serialize = compiled.get(route.schema) ?? compile({ ...route, httpStatus: route.httpStatus ?? '' })
    compiled.set(route.schema, serialize)
    return serialize
  })
}, { name: 'serialization' })
