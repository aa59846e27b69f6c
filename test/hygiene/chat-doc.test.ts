import { expect, it } from 'vitest'
import { chatDoc } from '../../scripts/chat-doc.ts'

it('docs/chat.md has the keys and commands the window goes by (npm run docs writes it)', async () => {
  await expect(chatDoc()).toMatchFileSnapshot('../../docs/chat.md')
})
