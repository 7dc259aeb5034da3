import { Argument, Command } from 'commander'
import { exitCodes, type MakeCommand, withExamples } from '../command.ts'

/** A position on the command line: the commands before it, and the words that may follow. */
type Place = { path: string, next: Array<{ word: string, help: string }> }

const plain = (text: string) => text.replace(/[^\w ,.;()/-]/g, '')

function places (command: Command, path: string[] = []): Place[] {
  const options = command.createHelp().visibleOptions(command)
  const next = [
    ...command.commands.map(child => ({ word: child.name(), help: plain(child.description()) })),
    ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices.map(word => ({ word, help: '' }))),
    ...options.flatMap(({ long, description }) => long ? [{ word: long, help: plain(description) }] : [])
  ]
  return [
    { path: path.join(' '), next },
    ...command.commands.flatMap(child => places(child, [...path, child.name()]))
  ]
}

/** Only commands are part of the path, not options and their values. */
const bash = (all: Place[]) => `# bash completion for flowgate; load it with: source <(flowgate completion bash)
_flowgate() {
  local path="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${all.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${all.map(({ path, next }) => `    "${path}") words="${next.map(({ word }) => word).join(' ')}" ;;`).join('\n')}
  esac
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    -e|--env-file|--output) COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")) ;;
  esac
}
complete -o filenames -F _flowgate flowgate
`

const zsh = (all: Place[]) => `#compdef flowgate
# zsh completion for flowgate; load it with: source <(flowgate completion zsh)
_flowgate() {
  local place="" word
  local -a choices
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${place:+$place }$word" in
      ${all.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`).join('|')}) place="\${place:+$place }$word" ;;
    esac
  done
  case "$words[CURRENT-1]" in
    -e|--env-file|--output) _files; return ;;
  esac
  case "$place" in
${all.map(({ path, next }) =>
  `    "${path}") choices=(${next.map(({ word, help }) => `'${word}:${help}'`).join(' ')}) ;;`).join('\n')}
  esac
  _describe 'flowgate' choices
}
compdef _flowgate flowgate
`

const fish = (all: Place[]) => `# fish completion for flowgate; load it with: flowgate completion fish | source
function __flowgate_at
  set -l place ''
  for word in (commandline -opc)[2..]
    switch (string trim "$place $word")
      case ${all.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`).join(' ')}
        set place (string trim "$place $word")
    end
  end
  test "$place" = "$argv[1]"
end
complete -c flowgate -f
${all.flatMap(({ path, next }) => next.map(({ word, help }) => {
  const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
  const file = ['--env-file', '--output'].includes(word) ? ' -r -F' : ''
  return `complete -c flowgate -n "__flowgate_at '${path}'" ${what}${file} -d '${help}'`
})).join('\n')}
`

const shells = { bash, zsh, fish }

/** `flowgate completion`: the completion script of a shell. */
export const completionCommand: MakeCommand = ({ ends }) => {
  const command = new Command('completion').description('print the completion script for a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(shells)))
    .action(ends(async (shell: keyof typeof shells) => {
      process.stdout.write(shells[shell](places(command.parent ?? command)))
      return exitCodes.fine
    }))
  return withExamples(command, [['source <(flowgate completion bash)', 'in the current shell; or in ~/.bashrc']])
}
