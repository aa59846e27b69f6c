// Draws what a terminal showed as SVG: `im demo | node scripts/picture.js > docs/demo.svg`. Knows SGR colours, bold and dim.
import { text as textOf } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const CELL = { width: 8.4, height: 19 }
const MARGIN = 16
const COLOURS = ['#45475a', '#f38ba8', '#a6e3a1', '#f9e2af', '#89b4fa', '#f5c2e7', '#94e2d5', '#cdd6f4']
const INK = '#cdd6f4'

/** Escape, which begins a style. */
const ESC = String.fromCharCode(27)
const SGR = new RegExp(`${ESC}\\[([0-9;]*)m`, 'g')

/** A prompt as the demo writes it: who types, and what. */
const PROMPT = /^([a-z]+\$) (.*)$/

/** The styles of a line's runs of text: [text, attributes of its tspan]. */
function runs(line) {
  const prompt = PROMPT.exec(line)
  if (prompt !== null) {
    return [
      [`${prompt[1]} `, 'fill="#a6e3a1"'],
      [prompt[2], 'fill="#ffffff" font-weight="bold"'],
    ]
  }
  if (line !== '' && !/^\s/.test(line) && !line.includes(ESC)) return [[line, 'fill="#89b4fa" font-style="italic"']]
  const state = { colour: INK, bold: false, dim: false }
  // Text and the numbers of a style by turns.
  return line.split(SGR).flatMap((part, at) => {
    if (at % 2 === 0) return part === '' ? [] : [[part, attributes(state)]]
    for (const code of part.split(';').map(Number)) apply(state, code)
    return []
  })
}

function apply(state, code) {
  if (code === 0) Object.assign(state, { colour: INK, bold: false, dim: false })
  else if (code === 1) state.bold = true
  else if (code === 2) state.dim = true
  else if (code >= 30 && code <= 37) state.colour = COLOURS[code - 30]
  else if (code === 39) state.colour = INK
}

function attributes({ colour, bold, dim }) {
  return `fill="${colour}"${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}`
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text) => text.replace(/[&<>"]/g, (c) => ESCAPES[c])

/** The picture of a terminal that shows these lines. */
export function svgOf(text) {
  const lines = text.replace(/\n+$/, '').replace(/^\n+/, '').split('\n')
  const shown = lines.map((line) => line.replaceAll(SGR, ''))
  const width = Math.ceil(Math.max(...shown.map((line) => line.length)) * CELL.width) + 2 * MARGIN
  const height = lines.length * CELL.height + 2 * MARGIN
  const rows = lines.map((line, at) => {
    const spans = runs(line).map(([part, style]) => `<tspan ${style}>${escaped(part)}</tspan>`)
    return `<text x="${MARGIN}" y="${MARGIN + (at + 0.75) * CELL.height}">${spans.join('')}</text>`
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>im demo, in a terminal</title>',
    `<rect width="${width}" height="${height}" rx="8" fill="#1e1e2e"/>`,
    '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14" xml:space="preserve">',
    ...rows.filter((row) => row.includes('<tspan')),
    '</g>',
    '</svg>',
  ].join('\n')}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(svgOf(await textOf(process.stdin)))
}
