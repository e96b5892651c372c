// The strip of a led class, under the header of every page of its students.
export const strip = () => document.getElementById("class-call");

// What of it takes room in the page; once the header has gone by, it sticks to the top and covers as much.
export function heightOfStrip() {
  const shown = strip();
  return shown && getComputedStyle(shown).position === "sticky" ? shown.offsetHeight : 0;
}

export const FIELD = "input, select, textarea";
export const fieldInUse = () => document.activeElement?.closest?.(FIELD);

// Nothing is being read or typed that a strip could push away from under somebody: there the header stays above it.
export const isAtRestAtTop = () => scrollY === 0 && !fieldInUse();
