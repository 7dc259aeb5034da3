#!/usr/bin/env node
import { verbs } from './cli/verbs.ts'
import { runVerb } from './cli/run-verb.ts'

process.exitCode = await runVerb(verbs, process.argv.slice(2), process.env)
