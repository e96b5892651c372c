// A seal can be taken back for a moment. After that nothing is offered any more.
import { findAll, onArrival } from "../../classroom/js/page.js";

onArrival(() => {
  for (const undo of findAll("data-undo")) setTimeout(() => undo.remove(), Number(undo.dataset.undo));
});
