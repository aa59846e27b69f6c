/** The whole command line, in the order help shows it. */

import { accountVerbs } from './account.ts'
import { backupVerbs } from './backup.ts'
import { completionVerbs } from './completion.ts'
import { friendVerbs } from './friend.ts'
import { messageVerbs } from './message.ts'
import { systemVerbs } from './system.ts'
import type { NounSpec, VerbSpec } from './verb.ts'

export const NOUNS: readonly NounSpec[] = [
  { name: 'account', summary: 'my account and its devices' },
  { name: 'friend', summary: 'friends and requests' },
  { name: 'backup', summary: 'messages written now, sent later' },
  { name: 'daemon', summary: 'the process that keeps the link to the relay' },
  { name: 'relay', summary: 'a relay of your own' },
  { name: 'relay user', summary: 'its accounts' },
  { name: 'relay invite', summary: 'who may make an account' },
  { name: 'relay config', summary: 'its settings' },
  { name: 'config', summary: 'settings of this profile' },
  { name: 'completion', summary: 'what TAB does in the shell' },
]

export const VERBS: readonly VerbSpec[] = [
  ...messageVerbs,
  ...backupVerbs,
  ...friendVerbs,
  ...accountVerbs,
  ...systemVerbs,
  ...completionVerbs,
]
