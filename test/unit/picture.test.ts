import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../support/source-files.ts'

const draw = (text: string): string =>
  execFileSync(process.execPath, [join(ROOT, 'scripts/picture.js')], { input: text }).toString()

it('draws what a terminal showed: prompts, colours, and nothing that would be read as SVG', () => {
  const svg = draw('\nana$ im send bo "<b>&"\n  \u001b[32mgreen\u001b[0m \u001b[2mdim\u001b[0m plain\n')
  expect(svg).toContain('<tspan fill="#a6e3a1">ana$ </tspan>')
  expect(svg).toContain('im send bo &quot;&lt;b&gt;&amp;&quot;</tspan>')
  expect(svg).toContain('<tspan fill="#a6e3a1">green</tspan>')
  expect(svg).toContain('opacity="0.6">dim</tspan>')
  expect(svg).not.toContain('\u001b')
  expect(svg.match(/<text /g)).toHaveLength(2)
})

it('the picture of the README is of the demo, and small', () => {
  const path = join(ROOT, 'docs/demo.svg')
  expect(statSync(path).size).toBeLessThan(20_000)
  expect(readFileSync(path, 'utf8')).toContain('Lunch at noon?')
})
