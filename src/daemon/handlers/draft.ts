import { type Handler, requireAccount, whoOf } from '../core.ts'
import { draftFor, putDraft } from '../drafts.ts'

export const draftPut: Handler<'draft.put'> = async (core, { who, text, backupId }, session) => {
  requireAccount(core)
  await putDraft(core, whoOf(core, session)(who), text, backupId)
  return { v: 1, text: text === '' ? null : text, backupId }
}

export const draftGet: Handler<'draft.get'> = async (core, { who }, session) => {
  requireAccount(core)
  return { v: 1, ...(await draftFor(core, whoOf(core, session)(who))) }
}
