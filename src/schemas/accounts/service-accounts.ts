import { Type } from '@sinclair/typebox'

export const ServiceAccountCreate = Type.Object({
  username: Type.String({ maxLength: 1024, examples: ['nightly-build'] })
}, { title: 'ServiceAccountCreate' })
