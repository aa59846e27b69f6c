/**
 * The scripts that ask `im completion answer SHELL -- WORD...` what may stand at the cursor. None evaluates what was
 * typed or what comes back: names are chosen by others.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The first line of every script: what it is, and that it may be written anew. */
export const MARK = '# Completion for im, made by `im completion install`; written anew by it.'

/** bash 4 and newer, with or without the package bash-completion. What comes back is quoted already. */
const BASH = `${MARK}
_im_completion() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then compopt -o default 2>/dev/null; return; fi
    COMPREPLY+=("$line")
  done < <(im completion answer bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _im_completion im 2>/dev/null || complete -F _im_completion im
`

/** Works from a directory of $fpath and when it is sourced. */
const ZSH = `#compdef im
${MARK}
_im() {
  local -a lines
  lines=("\${(@f)$(im completion answer zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ \${lines[1]} == :files ]]; then _files; return; fi
  [[ -n \${lines[1]} ]] || return 1
  _describe -V im lines
}
if [[ \${funcstack[1]} == _im ]]; then
  _im "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _im im
fi
`

const FISH = `${MARK}
function __im_completion
    set -l words (commandline -opc)
    set -l current (commandline -ct | string unescape)
    set -l lines (im completion answer fish -- $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = :files
        __fish_complete_path "$current"
        return
    end
    printf '%s\\n' $lines
end
complete -c im -e
complete -c im -k -f -a '(__im_completion)'
`

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH }

/** One candidate as the shell's script takes it: bash inserts it as it stands, zsh and fish quote it themselves. */
export const LINE: Readonly<Record<Shell, (value: string, about: string) => string>> = {
  bash: (value) => (/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`),
  zsh: (value, about) => {
    const escaped = value.replaceAll('\\', '\\\\').replaceAll(':', '\\:')
    return about === '' ? escaped : `${escaped}:${about}`
  },
  fish: (value, about) => (about === '' ? value : `${value}\t${about}`),
}
