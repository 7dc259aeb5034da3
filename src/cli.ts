#!/usr/bin/env node
import { tolerateClosedOutput } from './system/closed-output.ts'
import { listenForSignals } from './system/signals.ts'

listenForSignals()
tolerateClosedOutput()
const { runProgram } = await import('./cli/program.ts')
const code = await runProgram(process.argv.slice(2), process.env)
process.exitCode ||= code
