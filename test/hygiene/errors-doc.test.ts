import { expect, it } from 'vitest'
import { errorsDoc } from '../../scripts/errors-doc.ts'
import { troubleshootingDoc } from '../../scripts/troubleshooting-doc.ts'

it('docs/errors.md is what the table of errors says (npm run docs writes it)', async () => {
  await expect(errorsDoc()).toMatchFileSnapshot('../../docs/errors.md')
})

it('docs/troubleshooting.md is what the table of errors says', async () => {
  await expect(troubleshootingDoc()).toMatchFileSnapshot('../../docs/troubleshooting.md')
})
