// Where a draft is kept, and when it goes.
import { DRAFT, kept, storage } from "../../classroom/js/kept.js";

export const keyOf = (member, { activity, step }) => `${DRAFT}${member}:${activity}:${step}`;
// A cell may be scratch on one sheet and asked for on the next.
export const bare = (name) => name.replace(/^scratch_/, "");

// The server has it: the draft goes, unless more was typed meanwhile.
export function dropSent({ member, fields, ...of }) {
  const key = keyOf(member, of);
  const draft = kept(key);
  const sent = new Map(fields.map(([name, value]) => [bare(name), value]));
  const isAll = draft && Object.entries(draft.typed).every(([name, typed]) => (sent.get(name) ?? "") === typed);
  if (isAll) storage.removeItem(key);
}
