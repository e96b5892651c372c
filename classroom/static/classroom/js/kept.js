// What a device keeps of people: drafts of what they type, under their membership, and answers on their way.
export const DRAFT = "downhill:draft:";
export const OUTBOX = "downhill:outbox:";

export const storage = (() => {
  try {
    return window.localStorage;
  } catch {
    return null; // switched off: the page works, and a reload forgets
  }
})();

export function kept(key) {
  try {
    return JSON.parse(storage?.getItem(key));
  } catch {
    return null;
  }
}

export const keptUnder = (prefix) => Object.keys(storage ?? {}).filter((key) => key.startsWith(prefix));
