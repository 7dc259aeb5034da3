// Runs on every Node.js, so it imports nothing and uses no new syntax.

/** The oldest version that `engines` in package.json allows. */
const MAJOR = 20
const MINOR = 19

/**
 * @param {string} version as in `process.version`
 * @returns {string | undefined} why Flowgate cannot run on this version; undefined when it can
 */
export function nodeProblem (version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  if (major > MAJOR || (major === MAJOR && minor >= MINOR)) return undefined
  return 'flowgate: Node.js ' + version + ' is too old: Flowgate needs ' + MAJOR + '.' + MINOR + ' or later. ' +
    'Install a current version from https://nodejs.org, or run `nvm install ' + MAJOR + '`.'
}

/** Ends the process with exit code 1 on a version that is too old. */
export function requireNode () {
  const problem = nodeProblem(process.version)
  if (problem === undefined) return
  console.error(problem)
  process.exit(1)
}
